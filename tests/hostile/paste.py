# `${{` in `run:` in every disguise of YAML: refused at its line, by check and by deploy; what `check --fix` makes of it runs with the same value.
import json
import os
import re

from kit import Daemon, check, finish, pawl

daemon = Daemon().start()
HEAD = "kind: workflow\nname: pasted\ninputs: {title: {type: string, default: plain}}\nsteps:\n"
VALUE = "a'b\"c $(touch owned) `touch owned` ; touch owned\n*  \\x"

# name → (text, line of the expression, does --fix repair it). Each prints [VALUE] or the like, or would.
FORMS = {
    "plain": (HEAD + "  - id: a\n    run: printf '[%s]' ${{ inputs.title }}\n", 6),
    "plain, amid a word": (HEAD + "  - id: a\n    run: printf [%s] x${{ inputs.title }}y\n", 6),
    "double quotes of the shell": (HEAD + "  - id: a\n    run: printf [%s] \"${{ inputs.title }}\"\n", 6),
    "single-quoted": (HEAD + "  - id: a\n    run: 'printf [%s] ${{ inputs.title }}'\n", 6),
    "double-quoted": (HEAD + "  - id: a\n    run: \"printf [%s] ${{ inputs.title }}\"\n", 6),
    "double-quoted over lines": (HEAD + "  - id: a\n    run: \"printf [%s]\n      ${{ inputs.title }}\"\n", 7),
    "plain over lines": (HEAD + "  - id: a\n    run: printf [%s]\n      ${{ inputs.title }}\n", 7),
    "literal block": (HEAD + "  - id: a\n    run: |\n      printf [%s] ${{ inputs.title }}\n", 7),
    "literal block, stripped": (HEAD + "  - id: a\n    run: |-\n      true\n      printf [%s] ${{ inputs.title }}\n", 8),
    "literal block, indented by number": (HEAD + "  - id: a\n    run: |2\n      printf [%s] ${{ inputs.title }}\n", 7),
    "literal block, kept": (HEAD + "  - id: a\n    run: |+\n      printf [%s] ${{ inputs.title }}\n\n", 7),
    "folded block": (HEAD + "  - id: a\n    run: >\n      printf [%s]\n      ${{ inputs.title }}\n", 8),
    "folded block, stripped": (HEAD + "  - id: a\n    run: >-\n      printf [%s] ${{ inputs.title }}\n", 7),
    "flow map": (HEAD + "  - {id: a, run: \"printf [%s] ${{ inputs.title }}\"}\n", 5),
    "flow map in single quotes": (HEAD + "  - {id: a, run: 'printf [%s] ${{ inputs.title }}'}\n", 5),
    "flow list of steps": (HEAD.replace("steps:\n", "steps: ") + "[{id: a, run: \"printf [%s] ${{ inputs.title }}\"}]\n", 4),
    "JSON": (json.dumps({"kind": "workflow", "name": "pasted", "inputs": {"title": {"type": "string", "default": "x"}}, "steps": [{"id": "a", "run": "printf [%s] ${{ inputs.title }}"}]}), 1),
    "escape of the dollar": (HEAD + "  - id: a\n    run: \"printf [%s] \\u0024{{ inputs.title }}\"\n", 6),
    "escape of the dollar, two digits": (HEAD + "  - id: a\n    run: \"printf [%s] \\x24{{ inputs.title }}\"\n", 6),
    "escape of the dollar, eight digits": (HEAD + "  - id: a\n    run: \"printf [%s] \\U00000024{{ inputs.title }}\"\n", 6),
    "escape of a brace": (HEAD + "  - id: a\n    run: \"printf [%s] $\\x7b{ inputs.title }}\"\n", 6),
    "escaped line end inside": (HEAD + "  - id: a\n    run: \"printf [%s] $\\\n      {{ inputs.title }}\"\n", 6),
    "anchor and alias": (HEAD.replace("steps:", "description: &s \"printf [%s] ${{ '${{' }} inputs.title }}\"\nsteps:") + "  - id: a\n    run: *s\n", None),
    "anchor on the script": (HEAD + "  - id: a\n    run: &s \"printf [%s] ${{ inputs.title }}\"\n", 6),
    "alias of another script": (HEAD + "  - id: a\n    run: &s \"printf [%s] ${{ inputs.title }}\"\n  - id: b\n    run: *s\n", 6),
    "alias of a whole step": (HEAD + "  - &s\n    id: a\n    run: \"printf [%s] ${{ inputs.title }}\"\n", 7),
    "CRLF": ((HEAD + "  - id: a\n    run: printf [%s] ${{ inputs.title }}\n").replace("\n", "\r\n"), 6),
    "CRLF in a block": ((HEAD + "  - id: a\n    run: |\n      printf [%s] ${{ inputs.title }}\n").replace("\n", "\r\n"), 7),
    "byte order mark": ("\ufeff" + HEAD + "  - id: a\n    run: printf [%s] ${{ inputs.title }}\n", 6),
    "quoted key": (HEAD + "  - id: a\n    \"run\": printf [%s] ${{ inputs.title }}\n", 6),
    "escaped key": (HEAD + "  - id: a\n    \"r\\u0075n\": printf [%s] ${{ inputs.title }}\n", 6),
    "explicit key": (HEAD + "  - id: a\n    ? run\n    : printf [%s] ${{ inputs.title }}\n", 7),
    "handler": (HEAD + "  - {id: a, run: \"true\"}\nfinally:\n  - id: z\n    run: printf [%s] ${{ inputs.title }}\n", 8),
    "second document": ("kind: workflow\nname: first\nsteps: [{id: a, run: \"true\"}]\n---\n" + HEAD + "  - id: a\n    run: printf [%s] ${{ inputs.title }}\n", 10),
    "bash": (HEAD + "  - id: a\n    shell: bash\n    run: printf [%s] ${{ inputs.title }}\n", 7),
    "shell by default": (HEAD.replace("steps:", "defaults: {shell: bash}\nsteps:") + "  - id: a\n    run: printf [%s] ${{ inputs.title }}\n", 7),
    "another shell": (HEAD + "  - id: a\n    shell: [python3, -c]\n    run: print('[${{ inputs.title }}]')\n", 7),
    "single quotes of the shell": (HEAD + "  - id: a\n    run: |\n      printf [%s] '${{ inputs.title }}'\n", 7),
    "here document": (HEAD + "  - id: a\n    run: |\n      cat <<X\n      [${{ inputs.title }}]\n      X\n", 8),
    "quoted here document": (HEAD + "  - id: a\n    run: |\n      cat <<'X'\n      [${{ inputs.title }}]\n      X\n", 8),
    "arithmetic": (HEAD + "  - id: a\n    run: echo $(( ${{ inputs.title }} + 1 ))\n", 6),
    "command substitution": (HEAD + "  - id: a\n    run: printf [%s] \"$(printf %s ${{ inputs.title }}; echo)\"\n", 6),
    "comment of the shell": (HEAD + "  - id: a\n    run: |\n      true # ${{ inputs.title }}\n", 7),
    "twice": (HEAD + "  - id: a\n    run: printf [%s][%s] ${{ inputs.title }} ${{ inputs.title }}\n", 6),
    "braces inside": (HEAD + "  - id: a\n    run: \"printf [%s] ${{ {'a': {'b': inputs.title}}.a.b }}\"\n", 6),
    "closing braces in a string": (HEAD + "  - id: a\n    run: \"printf [%s] ${{ inputs.title + '}}' }}\"\n", 6),
    "never closed": (HEAD + "  - id: a\n    run: \"printf [%s] ${{ inputs.title\"\n", 6),
    "environment there already": (HEAD + "  - id: a\n    env: {TITLE: mine}\n    run: printf [%s] ${{ inputs.title }}\n", 7),
    "environment below": (HEAD + "  - id: a\n    run: printf [%s] ${{ inputs.title }}\n    env:\n      TITLE: mine\n", 6),
    "environment of the workflow": (HEAD.replace("steps:", "env: {TITLE: mine}\nsteps:") + "  - id: a\n    run: printf [%s] ${{ inputs.title }}\n", 7),
    "own variable of that name": (HEAD + "  - id: a\n    run: |\n      TITLE=mine\n      printf [%s] ${{ inputs.title }}\n", 8),
    "program": (HEAD + "  - id: a\n    run: ${{ inputs.title }}\n", 6),
    "no spaces": (HEAD + "  - id: a\n    run: printf [%s] ${{inputs.title}}\n", 6),
    "comment behind": (HEAD + "  - id: a\n    run: printf [%s] ${{ inputs.title }}   # why\n", 6),
    "assignment": (HEAD + "  - id: a\n    run: |\n      X=${{ inputs.title }}\n      printf [%s] \"$X\"\n", 7),
}
fixed = 0


def judge(name, text, line):
    global fixed
    path = os.path.join(daemon.folder, "pasted.yaml")
    with open(path, "w", newline="") as file:
        file.write(text)
    if line is None:
        return alias_of_text(name, text, path)
    done = pawl("check", path, "--format", "json")
    found = [d for d in diagnostics(done.stdout) if d["code"] == "expression_in_run"]
    if not check(done.returncode != 0 and found, f"{name}: check refuses it", (done.returncode, done.stdout[:300])):
        return
    check(found[0]["line"] == line, f"{name}: it is refused at line {line}", found[0])
    check(found[0].get("column", 0) > 0 and found[0].get("hint"), f"{name}: with a column and a hint", found[0])
    answer = daemon.deploy(text)
    check(answer.status == 422 and "expression_in_run" in answer.message, f"{name}: deploy refuses it too", answer)
    answer = daemon.post("/v1/runs", {"file": {"name": "x.yaml", "text": text}, "name": "pasted", "root": daemon.folder, "inputs": {}})
    check(answer.status == 422, f"{name}: a transient run refuses it too", answer)
    before = open(path, newline="").read()
    pawl("check", path, "--fix")
    after = open(path, newline="").read()
    again = pawl("check", path, "--format", "json")
    if after == before:
        return check(again.returncode != 0, f"{name}: what is not fixed stays refused", again.stdout[:200])
    check(again.returncode == 0, f"{name}: the fixed file passes check", (after, again.stdout[:400]))
    check(not re.search(r"\$\{\{", script_of(after)), f"{name}: the fixed script holds no expression", after)
    if again.returncode == 0:
        fixed += 1
        runs(name, after)


def script_of(text):
    """The lines of the scripts; the rewrite puts expressions into lines with env: or a variable's name alone."""
    return "\n".join(part for part in re.findall(r"run\"?:? [^\n]*(?:\n {6,}(?![A-Z_]+: )[^\n]*)*", text) for part in [re.sub(r",? env: \{.*", "", part)])


def diagnostics(text):
    tree = json.loads(text)
    return tree if isinstance(tree, list) else tree.get("diagnostics", tree.get("findings", tree.get("items", [])))


def runs(name, text):
    answer = daemon.deploy(text)
    if not check(answer.status == 200, f"{name}: the fixed file is deployed", answer):
        return
    value = "41" if name == "arithmetic" else VALUE
    run = daemon.run("pasted", {"title": value})
    step = next(s for s in run["steps"] if s["id"] in ("z",) or s["id"] == "a")
    step = run["steps"][-1]
    out = daemon.get(f"/v1/runs/{run['id']}/logs?step={step['id']}", headers={"Accept": "application/octet-stream"}).body
    for character in ("owned",):
        check(not os.path.exists(os.path.join(daemon.folder, character)), f"{name}: the value is not executed")
    if name in ("program", "comment of the shell"):
        return
    wanted = {"arithmetic": b"42\n", "plain, amid a word": f"[x{value}y]".encode(), "twice": f"[{value}][{value}]".encode(),
              "here document": f"[{value}]\n".encode(), "closing braces in a string": f"[{value}}}}}]".encode()}.get(name, f"[{value}]".encode())
    check(run["status"] == "succeeded" and out == wanted, f"{name}: the fixed script prints the value byte by byte", (run["status"], out, wanted, text))


def alias_of_text(name, text, path):
    """An alias carries the text of another place: refused there where it is used."""
    done = pawl("check", path, "--format", "json")
    found = [d for d in diagnostics(done.stdout) if d["code"] == "expression_in_run"]
    check(done.returncode != 0 and found, f"{name}: check refuses it", done.stdout[:300])
    check(daemon.deploy(text).status == 422, f"{name}: deploy refuses it too")


for name, (text, line) in FORMS.items():
    judge(name, text, line)
print(f"{fixed} of {len(FORMS)} forms are repaired by --fix")
check(fixed >= len(FORMS) // 3, "--fix repairs what is plain to repair", fixed)
daemon.deploy("kind: workflow\nname: fine\nsteps: [{id: a, run: 'echo \"$ {{ x }}\" \"$HOME{{\" \"$\" \"{{ }}\"'}]\n")
check(daemon.run("fine")["status"] == "succeeded", "what only looks like an expression is left alone")
check(daemon.stop(), "the daemon ends in order", daemon.log[-500:])
daemon.remove()
finish()

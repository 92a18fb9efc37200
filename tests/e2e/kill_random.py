"""kill -9 of pawld at random moments, while clients start, cancel and deploy, and 50 workflows run. Afterwards: no acknowledgement is lost,
no command ran twice or without its row, nothing is stuck, journals have no gap, exit statuses are those the commands ended with.
With --expect-caught the daemon carries a planted fault (PAWL_MUTANT), and a campaign that finds nothing fails."""
import os
import random
import threading
import time

import pawlkit

WORKFLOWS = 50
CLIENTS = 4
# Of a file that no deploy sends: a run that is restored must find it in its version.
CONDITIONS = {"named": {"params": {"token": {"type": "string"}}, "expr": "params.token.startsWith('t') && now > timestamp('2020-01-01T00:00:00Z')"}}


def workflow(probes, number, edition=0):
    """Three or four steps with exit codes of their own, one of them once an item; some take a while, some wait without a process."""
    def step(name, position, then="", more=""):
        code = (number * 7 + position) % 5
        script = probes.script(f"w{number}.{name}", code, then)
        return f"  - id: {name}\n    continue_on_error: true\n{more}    env: {{TOKEN: \"${{{{ inputs.token }}}}\"}}\n    run: |\n      {script}\n"

    pause = {0: "sleep 0.05", 1: "sleep 0.3", 7: "sleep 1"}.get(number % 10, "")
    text = f"kind: workflow\nname: w{number}\ndescription: edition {edition}\ninputs: {{token: {{type: string}}}}\nsteps:\n"
    text += step("a", 0)
    if number % 5 == 2:
        text += "  - id: pause\n    uses: wait\n    with: {for: 100ms}\n"
    text += step("b", 1, pause)
    if number % 3 == 0:
        text += step("beside", 3, more="    needs: [a]\n    foreach: \"[1, 2, 3]\"\n    max_parallel: 2\n")
    if number % 4 == 1:
        text += "  - {id: call, needs: [a], continue_on_error: true, foreach: \"[1, 2]\", uses: workflow/inner, with: {token: \"c${{ string(item) }}${{ inputs.token }}\"}}\n"
    return text + step("c", 2, more="    if: \"conditions.named({'token': inputs.token})\"\n" if number % 5 == 3 else "")


def inner(probes):
    """What steps of others start runs of."""
    script = probes.script("inner.only", 0, "sleep 0.1")
    return f"kind: workflow\nname: inner\ninputs: {{token: {{type: string}}}}\nsteps:\n  - id: only\n    env: {{TOKEN: \"${{{{ inputs.token }}}}\"}}\n    run: |\n      {script}\n"


class Crowd:
    """Clients that go on over the deaths of the daemon. Each command takes one permit, and a round gives out a few."""

    def __init__(self, world, acks, seed):
        self.world, self.acks = world, acks
        self.permits = threading.Semaphore(0)
        self.over = False
        self.failures = []
        self.threads = [threading.Thread(target=self._work, args=(random.Random(f"{seed}/{i}"), i), daemon=True) for i in range(CLIENTS)]
        for thread in self.threads:
            thread.start()

    def end(self):
        self.over = True
        self.permits.release(CLIENTS)
        for thread in self.threads:
            thread.join(120)

    def _work(self, dice, name):
        client = self.world.client()
        count = 0
        while True:
            self.permits.acquire()
            if self.over:
                return
            count += 1
            try:
                self._one(client, dice, f"t{name}x{count}")
            except pawlkit.Failure as failure:
                self.failures.append(str(failure))

    def _one(self, client, dice, token):
        kind = dice.random()
        number = dice.randrange(WORKFLOWS)
        if kind < 0.05:
            text = workflow(self.world.probes, number, edition=token)
            answer = client.persist("POST", "/v1/deploy", {"files": [{"name": f"w{number}.yaml", "text": text}], "root": str(self.world.folder), "conditions": CONDITIONS})
            self._expect(answer, 200)
            for change in answer.json["changes"]:
                self.acks.version(change["name"], change["version"])
            return
        answer = client.persist("POST", "/v1/runs", {"workflow": f"w{number}", "inputs": {"token": token}})
        self._expect(answer, 201)
        run = answer.json["id"]
        self.acks.run(token, run)
        if kind > 0.85:
            answer = client.persist("POST", f"/v1/runs/{run}/cancel", {"now": dice.random() < 0.5})
            if answer.status == 202:
                self.acks.cancel(run)
            elif answer.status != 409:  # it has ended
                self._expect(answer, 202)

    @staticmethod
    def _expect(answer, status):
        if answer.status != status:
            raise pawlkit.Failure(f"expected {status}: {answer}")


ATTEMPTS_TO_CATCH = 12  # a kill must fall into a window of a few milliseconds: each campaign catches most of the time, not always


def one_campaign(options, seed, rounds, environment):
    """Findings, and what was done, as a sentence."""
    dice = random.Random(seed)
    acks = pawlkit.Acks()
    began = time.monotonic()
    with pawlkit.World(options.bin, "kill") as world:
        client = world.must_start(environment=environment)
        client.deploy(inner(world.probes), world.folder, "inner.yaml")
        for number in range(WORKFLOWS):
            client.deploy(workflow(world.probes, number), world.folder, f"w{number}.yaml", conditions=CONDITIONS)
        crowd = Crowd(world, acks, seed)
        for _ in range(rounds):
            crowd.permits.release(dice.randrange(1, 6))
            time.sleep(dice.random() ** 2 * 0.4)
            world.kill9()
            world.must_start(environment=environment)
        crowd.end()
        client = world.client()
        findings = list(crowd.failures)
        try:
            client.wait_until_idle(120)
        except pawlkit.Failure as failure:
            findings.append(str(failure))
        store = world.store()
        findings += pawlkit.check(store, world.probes, acks)
        runs = store.rows("SELECT count(*) FROM run")[0][0]
        said = (f"seed {seed}, {rounds} kills, {runs} runs, {len(acks.runs)} acknowledged, {len(acks.cancelled)} cancels, "
                f"{len(world.probes.lines())} commands, {time.monotonic() - began:.0f} s")
        if world.stop() != 0:
            findings.append("pawld did not end with 0 after SIGTERM")
        store.close()
        if findings and not options.expect_caught:
            print("\n".join(findings[:20]))
            raise pawlkit.Failure(f"{said}: {len(findings)} findings")
    return findings, said


def campaign():
    options = pawlkit.arguments(__doc__, ("--rounds", {"type": int}), ("--seed", {"type": int, "default": int(time.time())}),
                                ("--expect-caught", {"action": "store_true"}))
    rounds = options.rounds or (5000 if options.long else 200)
    mutant = os.environ.get("PAWL_MUTANT")
    environment = {"PAWL_MUTANT": mutant} if mutant else {}
    if not options.expect_caught:
        findings, said = one_campaign(options, options.seed, rounds, environment)
        pawlkit.conclude(findings, said)
    for number in range(ATTEMPTS_TO_CATCH):
        findings, said = one_campaign(options, options.seed + number, rounds, environment)
        print(f"mutant {mutant}: {said}, {len(findings)} findings, such as: {(findings + ['none'])[0]}")
        if findings:
            raise SystemExit(0)
    raise SystemExit(1)


if __name__ == "__main__":
    pawlkit.main(campaign)

# Hostile texts. The commands in them would create a canary file, so that one look at a folder tells whether any was executed.

SPECIAL = [
    "", " ", "'", '"', "`", "\\", "\\\\", "''", '""', "'\"'\"'", "\t", "\n", "\r\n", "\r", "a\nb", "\n\n\n", "-", "--", "-o", "-rf", "--help", "-oProxyCommand=x",
    "*", "?", "[a-z]", "~", "~root", "$", "$$", "$HOME", "${HOME}", "${IFS}", "$'\\x41'", "#", "a # b", "!", "!!", "&", "*a", "&a b", "|", "|-", ">", ">-", "%", "@", "@/etc/passwd",
    "@file", "file:///etc/passwd", "..", "../../etc/passwd", "/etc/passwd", "//", "/", "/dev/stdin", "/proc/self/environ", "C:\\", "CON", "a/b", "a:b", "a: b", "- a", "? a", ": a",
    "{}", "[]", "{a: b}", "[a, b]", "{{ x }}", "{% x %}", "<%= x %>", "#{x}", "%{x}", "null", "~", "true", "false", "yes", "no", "on", "off", "NaN", ".inf", "0x1f", "017", "1e999",
    "-1", "0", "9223372036854775808", "1_000", "2026-01-01", "12:30:45", "<<", "=", "a=b", "PAWL_OUTPUT=x", "LD_PRELOAD=/x.so", "BASH_ENV=/x", "() { :;}; echo x",
    "%s%s%s%s%n", "%x%x%x%x", "%n", "%1$*2$d", "{0}", "{}", "{:>1000000000}", "\x1b[31mred\x1b[0m", "\x1b]0;title\x07", "\x1b[2J\x1b[H", "\x1b[6n", "\x1bP+q544e\x1b\\", "\x9b31m",
    "\x07", "\x08\x08\x08", "\x7f", "\x01\x02\x03", "\x0b\x0c", "\u202egnp.exe", "\u2066x\u2069", "\u200b", "\ufeff", "\ufeffx", "\u2028", "\u2029", "\u0085", "\ufffd", "\uffff", "\U0010ffff",
    "\U0001f4a9", "e\u0301", "\u0430dmin", "I\u0307", "\u00df", "A" * 300, "A" * 5000, "\u00e9" * 3000, "(" * 500, "[" * 500, "{" * 500, "\"" * 500, "\\" * 501, "a." * 300 + "a",
    "' OR '1'='1", "'; DROP TABLE runs; --", "1; ATTACH DATABASE 'x' AS y", "\"; --", "' UNION SELECT * FROM audit --", "<script>alert(1)</script>", "<img src=x onerror=x>", "&lt;", "]]>",
    "<!--", "<?xml?>", "<!ENTITY x SYSTEM 'file:///etc/passwd'>", "=cmd|' /C x'!A0", "+1", "@SUM(1)", "\r\nSet-Cookie: x=y", "\r\n\r\nHTTP/1.1 200 OK", "data: x\n\nevent: y", "\n: ping\n\n",
    "x<<EOF\ny\nEOF", "a=b\nc=d", "PAWL", "__proto__", "constructor", "inputs.s", "steps.a.outputs", "has(x)", "size('x')", "'a' + 'b'", "\"a\" == 'a'", "x ? y : z", "true || true",
    "[1,2].map(x, x)", "b'\\xff'", "r'\\'", "'''", '"""', "}}", "{{", "} }", "$", "$ {{", "$\\{{", "\\u0024{{", "}}${", "---", "...", "--- x", "%YAML 1.2", "!!python/object/apply:os.system",
    "!x", "! x", "a\u0000b".replace("\u0000", "\\0"), "kind: workflow", "name: x\nsteps: []", "\u00a0", "\u3000", " lead", "trail ", "\ttab", "x\t", "%00", "%2e%2e%2f", "%252e", "%", "%zz", "a+b", "a&b=c", "a?b", "a#b", "a;b",
]

# {} is the canary's path. Shells, substitutions, interpreters, expansions, here documents.
COMMANDS = [
    "$(touch {})", "`touch {}`", "; touch {}", "& touch {} &", "| touch {}", "|| touch {}", "&& touch {}", "\ntouch {}\n", "> {}", ">> {}", ">| {}", "<(touch {})", "$(<{})",
    "${{x:=$(touch {})}}", "$((a[$(touch {})]))", "a[$(touch {})]", "{{touch,{}}}", "$'\\ntouch {}\\n'", "x=$(touch {}) y", "() {{ :; }}; touch {}", "%0atouch {}", "-o ProxyCommand=touch\\ {}",
    "--checkpoint-action=exec=touch {}", "-exec touch {} ;", "__import__('os').system('touch {}')",
]

AROUND = ["{}", "'{}'", '"{}"', "';{};'", '";{};"', " {} ", "\n{}\n", "\r\n{}", "-{}", "\\{}", "a{}b", "`{}`", "$({})", "#{}", "\u202e{}", "\x1b[31m{}\x1b[0m", "{}\\", "'\"'{}'\"'", "!{}", "%s{}%n", "*{}", "a: {}"]


def hostile(canary_folder):
    """Distinct texts, all valid UTF-8 without NUL and without the begin of an expression."""
    texts = list(SPECIAL)
    for number, command in enumerate(COMMANDS):
        core = command.format(f"{canary_folder}/c{number}")
        texts += [around.replace("{}", core) for around in AROUND]
    return [t for t in dict.fromkeys(texts) if "${{" not in t]


# What belongs to no text: each must be refused by name of the mistake, or carried as data.
PASTES = ["${{ inputs.s }}", "${{", "a ${{ b", "${{ '}}' }}", "${{ run.id }}x", "${{ secrets.X }}", "${{ 1/0 }}", "${{${{ }} }}"]
BAD_UTF8 = [b"\xff", b"\xc0\xaf", b"\xe2\x28\xa1", b"\xf4\x90\x80\x80", b"\xed\xa0\x80", b"a\x80b", b"\xc3"]

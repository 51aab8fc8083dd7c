#!/usr/bin/env python3
"""Makes manual pages and shell completions from the same lists as the help.

usage: make_manual.py PROFILER OPTIONS_DEF VERSION FILE...     (the files to make, all in one directory)
"""
import pathlib
import re
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import gen_options_doc as options_doc  # noqa: E402

SUBCOMMAND = re.compile(r"^  (\S+) +(.+)$", re.M)


def roff(text):
    text = text.replace("\\", "\\e").replace("-", "\\-")
    return re.sub(r"(?m)^([.'])", r"\\&\1", text)


def help_of(profiler, *words):
    return subprocess.run([profiler, "help", *words], check=True, capture_output=True, text=True).stdout


def subcommands(profiler):
    """Names and one-line summaries, in the order of the help."""
    return SUBCOMMAND.findall(help_of(profiler).split("\n\n")[2])


def parts(text):
    """Description, usage line, and the entries: (heading or None, lines of the meaning)."""
    front, _, rest = text.partition("\nUsage: ")
    usage, _, body = rest.partition("\n")
    entries = []
    for line in body.splitlines():
        if re.match(r"^\S.*:$", line):
            entries.append((None, [line[:-1]]))
        elif re.match(r"^  \S", line):
            entries.append((line.strip(), []))
        elif line.strip() and entries:
            entries[-1][1].append(line.strip())
    return front.strip(), usage, entries


def options_of(entries):
    """The words that a shell can complete, and whether each takes a value."""
    for head, _ in entries:
        if head is None or not head.startswith("-"):
            continue
        names, _, value = head.partition(" ")
        for name in names.split(","):
            yield name, bool(value)


def header(name, section, version):
    return f'.TH {name} {section} "" "profiler {version}" "profiler"\n'


def page_of(name, summary, text, version):
    front, usage, entries = parts(text)
    title = f"profiler-{name}"
    lines = [header(title.upper(), 1, version), ".SH NAME", f"{roff(title)} \\- {roff(summary)}",
             ".SH SYNOPSIS", f".B {roff(usage)}", ".SH DESCRIPTION", roff(front)]
    for head, meaning in entries:
        if head is None:
            lines.append(f".SH {meaning[0].upper()}")
        else:
            lines += [".TP", f".B {roff(head)}", roff(" ".join(meaning))]
    lines += [".SH SEE ALSO", ".BR profiler (1),", ".BR libprofiler.so (7)", ""]
    return "\n".join(lines)


def overview(commands, version):
    lines = [header("PROFILER", 1, version), ".SH NAME", "profiler \\- profiles of native programs",
             ".SH SYNOPSIS", ".B profiler", ".I SUBCOMMAND", "[OPTIONS] ...", ".SH DESCRIPTION",
             roff("Profiles unmodified programs, and works on the profiles that libprofiler.so writes."),
             ".SH SUBCOMMANDS"]
    for name, summary in commands:
        lines += [".TP", f".BR profiler\\-{roff(name)} (1)", roff(summary)]
    lines += [".SH EXIT STATUS",
              roff("0: done; 1: the check failed; 2: wrong usage or unreadable input. run ends as its "
                   "command ends; 125: its own failure; 126: the command cannot be executed; 127: it is "
                   "not found."),
              ".SH SEE ALSO", ".BR libprofiler.so (7)", ""]
    return "\n".join(lines)


def library(definitions, version):
    lines = [header("LIBPROFILER.SO", 7, version), ".SH NAME",
             "libprofiler.so \\- profiler for unmodified programs, by preload", ".SH SYNOPSIS",
             ".B PROFILER_MODE=MODES LD_PRELOAD=/path/libprofiler.so COMMAND", ".SH DESCRIPTION",
             roff("Writes pprof profiles of the program that loads it, for go tool pprof. Sizes are "
                  "1024-based; durations need a unit. A bad value gets one line on stderr and counts "
                  "as not set."),
             ".SH MODES"]
    for _, name, aliases, meaning in options_doc.rows(definitions, "MODE_NAME"):
        also = f" (also {aliases})" if aliases else ""
        lines += [".TP", f".B {roff(name)}", roff(meaning + also)]
    lines.append(".SH ENVIRONMENT")
    for _, name, _, default, check, meaning in options_doc.rows(definitions, "OPTION"):
        accepted = options_doc.accepted(check).replace("`", "")
        lines += [".TP", f".B PROFILER_{roff(name)}",
                  roff(f"{meaning}. Accepted: {accepted}. Default: {default}.")]
    lines += [".SH SEE ALSO", ".BR profiler (1)", ""]
    return "\n".join(lines)


def bash(commands, options):
    cases = "\n".join(f'    {name}) words="{" ".join(words)}" ;;' for name, words in options.items())
    names = " ".join(name for name, _ in commands)
    return f"""# bash completion for profiler
_profiler() {{
  local current=${{COMP_WORDS[COMP_CWORD]}} words=
  if (( COMP_CWORD == 1 )); then
    COMPREPLY=($(compgen -W "{names} help --version" -- "$current"))
    return
  fi
  case ${{COMP_WORDS[1]}} in
    help) words="{names}" ;;
{cases}
  esac
  [[ $current == -* || ${{COMP_WORDS[1]}} == help ]] && COMPREPLY=($(compgen -W "$words" -- "$current"))
}}
complete -o default -F _profiler profiler
"""


def zsh(commands, options):
    names = " ".join(f"'{name}:{summary}'" for name, summary in commands)
    cases = "\n".join(f"    {name}) compadd -- {' '.join(words)} ;;" for name, words in options.items())
    return f"""#compdef profiler
if (( CURRENT == 2 )); then
  local -a commands=({names} 'help:show the options of a subcommand')
  _describe subcommand commands
elif [[ $words[CURRENT] == -* ]]; then
  case $words[2] in
{cases}
  esac
else
  _default
fi
"""


def fish(commands, options):
    lines = ["# fish completion for profiler"]
    for name, summary in commands:
        text = summary.replace("'", "\\'")
        lines.append(f"complete -c profiler -n __fish_use_subcommand -a {name} -d '{text}'")
    for name, words in options.items():
        for word in words:
            flag = f"-l {word[2:]}" if word.startswith("--") else f"-s {word[1:]}"
            lines.append(f"complete -c profiler -n '__fish_seen_subcommand_from {name}' {flag}")
    return "\n".join(lines) + "\n"


def main():
    profiler, definitions, version, *wanted = sys.argv[1:]
    output = pathlib.Path(wanted[0]).parent
    definitions = pathlib.Path(definitions).read_text()
    commands = subcommands(profiler)
    texts = {name: help_of(profiler, name) for name, _ in commands}
    options = {name: [word for word, _ in options_of(parts(text)[2])] for name, text in texts.items()}
    files = {"profiler.1": overview(commands, version), "libprofiler.so.7": library(definitions, version)}
    for name, summary in commands:
        files[f"profiler-{name}.1"] = page_of(name, summary, texts[name], version)
    files["profiler.bash"] = bash(commands, options)
    files["_profiler"] = zsh(commands, options)
    files["profiler.fish"] = fish(commands, options)
    listed = {pathlib.Path(name).name for name in wanted}
    if listed != set(files):
        sys.exit(f"make_manual.py: docs/meson.build and the subcommands differ: {sorted(listed ^ set(files))}")
    for name, text in files.items():
        (output / name).write_text(text)


if __name__ == "__main__":
    main()

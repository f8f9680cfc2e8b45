"""The command line as it is, for the pages that speak of it."""

import click

from reconciler.cli.main import cli

PAGE = "docs/commands.md"


def commands():
    """Every command by the words that call it, groups of commands too."""

    def below(name, command):
        yield name, command
        if isinstance(command, click.Group):
            context = click.Context(command)
            for inner in command.list_commands(context):
                yield from below(f"{name} {inner}", command.get_command(context, inner))

    return dict(below("reconciler", cli))


def help_shown(name):
    """What `--help` prints on 80 columns."""
    command = commands()[name]
    context = click.Context(command, info_name=name, terminal_width=80, **cli.context_settings)
    return command.get_help(context).rstrip()


def misused(words):
    """What is wrong with a command line, as the program would see it; empty where nothing is."""
    name, known = "reconciler", commands()
    while words and f"{name} {words[0]}" in known:
        name, words = f"{name} {words[0]}", words[1:]
    command = known[name]
    if isinstance(command, click.Group):
        return "" if set(words) <= {"--help", "--version"} else f"{name} has no {words}"
    if "--help" in words:
        return ""
    try:
        command.make_context(name, list(words), **cli.context_settings)
    except click.ClickException as wrong:
        return wrong.format_message()
    return ""

"""The expressions of GitHub Actions that action.yml uses, and an error for any other."""

import re

_TOKEN = re.compile(r"\s*('(?:[^']|'')*'|&&|\|\||==|!=|!|\(|\)|[A-Za-z_][\w.-]*|\d+)")


def interpolated(text, context):
    """`text` with every `${{ … }}` replaced by what it is."""
    return re.sub(r"\$\{\{(.*?)\}\}", lambda found: _text(evaluated(found[1], context)), text)


def evaluated(expression, context):
    """What an expression is: a string or a truth value. Names that are not there are empty, as a runner has it."""
    tokens, place = [], 0
    expression = expression.strip()
    while place < len(expression):
        found = _TOKEN.match(expression, place)
        assert found, f"cannot be read: {expression[place:]}"
        tokens.append(found[1])
        place = found.end()
    value = _either(tokens, context)
    assert not tokens, tokens
    return value


def _either(tokens, context):
    value = _both(tokens, context)
    while tokens[:1] == ["||"]:
        tokens.pop(0)
        other = _both(tokens, context)
        value = value or other
    return value


def _both(tokens, context):
    value = _compared(tokens, context)
    while tokens[:1] == ["&&"]:
        tokens.pop(0)
        other = _compared(tokens, context)
        value = value and other
    return value


def _compared(tokens, context):
    value = _one(tokens, context)
    if tokens[:1] in (["=="], ["!="]):
        equal = tokens.pop(0) == "=="
        other = _one(tokens, context)
        return (_text(value).lower() == _text(other).lower()) is equal  # GitHub ignores case
    return value


def _one(tokens, context):
    token = tokens.pop(0)
    if token == "(":
        value = _either(tokens, context)
        assert tokens.pop(0) == ")"
        return value
    if token == "!":
        return not _one(tokens, context)
    if token.startswith("'"):
        return token[1:-1].replace("''", "'")
    if tokens[:2] == ["(", ")"]:
        del tokens[:2]
        return {"always": True, "success": not context["failed"]}[token]
    value = context
    for part in token.split("."):
        value = value.get(part, "") if isinstance(value, dict) else ""
    return value


def _text(value):
    return {True: "true", False: "false"}[value] if isinstance(value, bool) else str(value)

"""parse, parse_all and is_incomplete: the parser as the rest of tcalc sees it.

The grammar, with tokens in capitals, `{ }` for any number of times and `[ ]` for at most once.
Operators, whose powers are a table in `grammar`, are one rule here; what can be a target is checked
once its expression is known.

    program       = { line } END
    line          = compound | simple { ";" simple } [ ";" ] NEWLINE
    block         = ":" ( NEWLINE INDENT line { line } DEDENT | simple { ";" simple } [ ";" ] NEWLINE )

    simple        = assignment | augmented | annotation | expressions | yield | import | from
                  | del | return | raise | assert | global | nonlocal | "pass" | "break" | "continue"
    assignment    = expressions "=" { expressions "=" } ( expressions | yield )
    augmented     = expression AUGMENTED ( expressions | yield )
    annotation    = expression ":" expression [ "=" ( expressions | yield ) ]
    import        = "import" dotted [ "as" NAME ] { "," dotted [ "as" NAME ] }
    from          = "from" { "." | "..." } [ dotted ] "import" ( "*" | names | "(" names [ "," ] ")" )
    names         = NAME [ "as" NAME ] { "," NAME [ "as" NAME ] }
    dotted        = NAME { "." NAME }
    del           = "del" expression { "," expression } [ "," ]
    return        = "return" [ expressions ]
    raise         = "raise" [ expression [ "from" expression ] ]
    assert        = "assert" expression [ "," expression ]
    global        = "global" NAME { "," NAME }
    nonlocal      = "nonlocal" NAME { "," NAME }

    compound      = if | while | for | with | try | function | class
    if            = "if" named block { "elif" named block } [ "else" block ]
    while         = "while" named block [ "else" block ]
    for           = "for" targets "in" expressions block [ "else" block ]
    with          = "with" ( items | "(" items [ "," ] ")" ) block
    items         = expression [ "as" target ] { "," expression [ "as" target ] }
    try           = "try" block ( handlers [ "else" block ] [ "finally" block ] | "finally" block )
    handlers      = "except" [ "*" ] [ expression [ "as" NAME ] ] block { … }
    decorators    = { "@" named NEWLINE }
    function      = decorators "def" NAME "(" parameters ")" [ "->" expression ] block
    class         = decorators "class" NAME [ "(" arguments ")" ] block
    parameters    = [ parameter { "," parameter } [ "," ] ]
    parameter     = NAME [ ":" expression ] [ "=" expression ] | "/" | "*"
                  | ( "*" | "**" ) NAME [ ":" expression ]
    targets       = target { "," target } [ "," ]
    target        = [ "*" ] operation

    expressions   = starred { "," starred } [ "," ]
    starred       = "*" operation | expression
    yield         = "yield" [ expressions ] | "yield" "from" expression
    named         = [ NAME ":=" ] expression
    expression    = operation | conditional | lambda
    conditional   = operation "if" operation "else" expression
    lambda        = "lambda" parameters ":" expression
    operation     = PREFIX operation | operation INFIX operation | primary
    primary       = atom { "." NAME | "(" arguments ")" | "[" subscript "]" }
    arguments     = [ argument { "," argument } [ "," ] ] | named comprehension
    argument      = named | NAME "=" expression | "*" expression | "**" expression
    subscript     = index { "," index } [ "," ]
    index         = named | "*" operation | slice
    slice         = [ expression ] ":" [ expression ] [ ":" [ expression ] ]
    atom          = NAME | NUMBER | strings | "None" | "True" | "False" | "..."
                  | group | tuple | list | dict | set
    group         = "(" ( named | yield | named comprehension ) ")"
    tuple         = "(" [ element "," { element "," } [ element ] ] ")"
    list          = "[" [ element { "," element } [ "," ] | named comprehension ] "]"
    set           = "{" ( element { "," element } [ "," ] | named comprehension ) "}"
    dict          = "{" [ pair { "," pair } [ "," ] | pair comprehension ] "}"
    element       = named | "*" operation
    pair          = expression ":" expression | "**" operation
    comprehension = "for" targets "in" operation { "if" operation } { … }
    strings       = ( STRING | fstring ) { STRING | fstring }
    fstring       = FSTRING_START { FSTRING_TEXT | replacement } FSTRING_END
    replacement   = "{" ( expressions | yield ) [ "=" ] [ "!" NAME ] [ ":" spec ] "}"
    spec          = { FSTRING_SPEC | replacement }
"""

from __future__ import annotations

import gc
from bisect import bisect_right

from tcalc.errors import ParseError
from tcalc.parser import nodes
from tcalc.parser.lexer import tokenize
from tcalc.parser.names import bound_names
from tcalc.parser.statements import Statements
from tcalc.source import Source


def parse(source: Source) -> nodes.Module:
    """The syntax tree of a text; raises the first ParseError.

    >>> parse(Source("x = 1 + 2")).body
    [Assign([Name('x')], BinOp(Constant(1), '+', Constant(2)))]
    """
    module, errors = parse_all(source)
    if errors:
        raise errors[0]
    return module


def parse_all(source: Source, *, indented: bool = False) -> tuple[nodes.Module, list[ParseError]]:
    """The good top-level statements of a text, and every error in it in order.

    indented: the text may stand away from the margin as a whole.
    """
    collecting = gc.isenabled()
    gc.disable()  # it would look through all nodes again and again, and none is garbage
    try:
        parser = Statements(source, tokenize(source.text, indented=indented))
        module = parser.module()
    finally:
        if collecting:
            gc.enable()
    errors = parser.errors
    if parser.scoped:
        from tcalc.parser.scopes import check_scopes

        bad = check_scopes(module, source)
        if bad:
            errors += bad
            errors.sort(key=lambda error: error.span or (0, 0))
            _leave_out(module, bad)
    return module, errors


def _leave_out(module: nodes.Module, errors: list[ParseError]) -> None:
    """Take the statements with errors in them away; an error is told what its was to bind."""
    body = module.body
    starts = [statement.start for statement in body]
    wrong: set[int] = set()
    for error in errors:
        at = bisect_right(starts, error.span.start) - 1 if error.span else -1
        if at >= 0 and error.span and error.span.start < body[at].end:
            wrong.add(at)
            error.binds = bound_names(body[at])
    module.body = [statement for at, statement in enumerate(body) if at not in wrong]


def is_incomplete(text: str) -> bool:
    """Whether more lines could go on with what was typed so far.

    True while a bracket, a triple-quoted string, a `\\` or a block is open; a block is open until
    an empty line. False for what is complete and for what is wrong however it goes on.
    """
    source = Source(text)
    parser = Statements(source, tokenize(text, recover=False, indented=True))
    module = parser.module()
    if parser.errors:
        return parser.errors[0].incomplete
    if not module.body or not isinstance(module.body[-1], _WITH_BLOCKS):
        return False
    return bool(text[text.rfind("\n") + 1 :].strip())


_WITH_BLOCKS = (
    nodes.If,
    nodes.While,
    nodes.For,
    nodes.With,
    nodes.Try,
    nodes.TryStar,
    nodes.FunctionDef,
    nodes.ClassDef,
)

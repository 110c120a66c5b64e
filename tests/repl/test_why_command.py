"""`:why`: what was entered is run again, and an element followed back."""

from __future__ import annotations

from .conftest import Talk


def test_prompts_are_named(talk: Talk) -> None:
    talk("x = tensor([4., 1.])")
    talk("y = (x - 2).sqrt()")
    assert talk(":why (y * 2)[1]") == (
        "nan first came of sqrt(-1), <prompt 1>:1:5  (x - 2).sqrt()\n"
        "\n"
        "(y * 2)[1] = nan    mul  <expression>:1  y * 2\n"
        "y[1] = nan          first nan: sqrt  <prompt 1>:1  (x - 2).sqrt()\n"
        "╰─ (x - 2)[1] = -1  sub  <prompt 1>:1  x - 2\n"
        "   ╰─ x[1] = 1      <prompt 1>:1  tensor([4., 1.])\n"
    )


def test_random_numbers_are_those_of_then(talk: Talk) -> None:
    talk("torch.manual_seed(3);")  # other tests of the process have drawn from the default one
    talk("x = randn(1000)")
    talk(":time rand(3)")
    talk("y = rand(5) - 2")
    value = float(talk("y[3].item()"))
    assert f"log({value:.6g})" in talk(":why y.log()[3]")
    assert float(talk("y[3].item()")) == value


def test_what_was_taken_back_is_not_run_again(talk: Talk) -> None:
    talk("x = ones(2)")
    assert "NameError" in talk("y = x * 2\nx.sub_(9); nothing")
    assert talk("y") == "tensor([2., 2.])\n"
    assert talk(":why x[0]").startswith("it came in at <prompt 1>:1  ones(2)")
    talk("x.mul_(3)")
    talk(":undo")
    talk("z = (x - 2).log()")
    assert "nan first came of log(-1), <prompt" in talk(":why z[0]")
    assert "NameError" in talk("1 / nothing")
    assert "nan first came of log(-1), <prompt" in talk(":why z[0]")


def test_what_is_not_finite_stands_out(talk: Talk) -> None:
    talk.output.colour = True
    talk("x = tensor(-1.)")
    said = talk(":why x.log() + 1")
    assert "\x1b[1;31mnan first\x1b[0m came of log(-1)" in said
    assert "\x1b[2m╰─ \x1b[0mx = -1" in said


def test_what_it_cannot_tell(talk: Talk) -> None:
    assert ":why needs a tensor" in talk(":why")
    assert "why is for tensors and their elements, and 3 is of type int" in talk(":why 3")
    assert "NameError" in talk(":why nothing")
    assert "is not an expression" in talk(":why x = 3")

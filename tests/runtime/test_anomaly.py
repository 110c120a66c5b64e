"""What `detect_anomaly` tells: the element that is nan, in the program's own words."""

from __future__ import annotations

import pytest

from tcalc.diagnosis.diagnostics import diagnose
from tcalc.errors import AutogradError
from tcalc.session import Session
from tcalc.source import Source

LEAF = "w = tensor([2., 0.], requires_grad=True)\n"


def failed(text: str) -> AutogradError:
    with pytest.raises(AutogradError) as caught:
        Session().run(Source(f"{LEAF}with autograd.detect_anomaly():\n    {text}", "a.tcalc"))
    return caught.value


@pytest.mark.parametrize(
    ("text", "message", "note"),
    [
        ("((w * 3).sqrt() * 0).sum().backward()",
         "Function 'SqrtBackward0' returned nan values in its 0th output.",
         "the gradient of (w * 3)[1] is nan, where the result = 0, the gradient that came to it = 0"),
        ("(w / w).sum().backward()",
         "Function 'DivBackward0' returned nan values in its 1th output.",
         "the gradient of w[1] is nan, where w[1] = 0, the gradient that came to it = 1"),
        ("torch.pow(w * 1, 0.5).mul(0).sum().backward()",
         "Function 'PowBackward0' returned nan values in its 0th output.",
         "the gradient of (w * 1)[1] is nan, where (w * 1)[1] = 0, the gradient that came to it = 0"),
        ("y = w / 0 * 0; (y * y).sum().backward()",
         "Function 'MulBackward0' returned nan values in its 0th output.",
         "the gradient of y[0] is nan, where y[0] = nan, the gradient that came to it = 1: "
         "nan was there before the pass back"),
    ],
)  # fmt: skip
def test_what_is_told(text: str, message: str, note: str) -> None:
    error = failed(text)
    assert error.message == message
    assert diagnose(error).notes == (note,)


def test_the_mode_warns_once(capsys: pytest.CaptureFixture[str]) -> None:
    from tcalc.runtime.base.warning import warnings

    warnings.said.clear()
    session = Session()
    session.run(Source("with autograd.set_detect_anomaly(True): pass"))
    assert capsys.readouterr().err == ""
    session.run(Source("for _ in range(2):\n    with autograd.detect_anomaly(): pass"))
    assert capsys.readouterr().err == (
        "UserWarning: Anomaly Detection has been enabled. This mode will increase the runtime and "
        "should only be enabled for debugging.\n"
    )

"""Settings: every variable checked before anything starts."""

import pytest

from service.hedging.units import Positive
from service.settings import Settings, SettingsError, read_settings

NOT_PLAIN = 'Not a plain decimal such as "1.5": no exponent, plus sign, space or underscore'


def test_nothing_set_means_the_defaults() -> None:
    """Variables of other programs don't matter."""
    assert read_settings({"PATH": "/bin", "hedge_log_level": "loud"}) == Settings()


def test_every_setting_can_be_set() -> None:
    """Each field under its name in upper case."""
    settings = read_settings(
        {
            "HEDGE_ALLOW_ANONYMOUS": "1",
            "HEDGE_BODY_SECONDS": "0.5",
            "HEDGE_LOG_LEVEL": "error",
            "HEDGE_MAX_NOTIONAL": "5000000",
        }
    )

    assert settings == Settings(
        allow_anonymous=True, body_seconds=0.5, log_level="error", max_notional=Positive(5000000)
    )


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("HEDGE_LOG_LEVEL", "loud", "HEDGE_LOG_LEVEL: Invalid enum value 'loud'"),
        ("HEDGE_BODY_SECONDS", "0", "HEDGE_BODY_SECONDS: Expected float > 0.0"),
        ("HEDGE_BODY_SECONDS", "soon", "HEDGE_BODY_SECONDS: Expected float, got str"),
        ("HEDGE_ALLOW_ANONYMOUS", "perhaps", "HEDGE_ALLOW_ANONYMOUS: Expected bool, got str"),
        ("HEDGE_MAX_NOTIONAL", "-1", f"HEDGE_MAX_NOTIONAL: Must be {Positive.bounds}"),
        ("HEDGE_MAX_NOTIONAL", "1e999", f"HEDGE_MAX_NOTIONAL: {NOT_PLAIN}"),
        ("HEDGE_MAX_NOTIONAL", "NaN", "HEDGE_MAX_NOTIONAL: NaN and Infinity are not numbers here"),
        ("HEDGE_LOGLEVEL", "info", "HEDGE_LOGLEVEL is not a setting; did you mean HEDGE_LOG_LEVEL?"),
        ("HEDGE_XYZZY", "1", "HEDGE_XYZZY is not a setting"),
    ],
)
def test_a_setting_that_can_not_be_used_is_one_clear_line(name: str, value: str, message: str) -> None:
    """The variable's name and what is wrong with it, in the operator's words."""
    with pytest.raises(SettingsError) as refusal:
        read_settings({name: value})

    assert str(refusal.value) == message

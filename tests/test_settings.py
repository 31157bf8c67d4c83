"""Settings: every variable checked before anything starts."""

import pytest

from service.hedging.units import Positive
from service.market.source import EXCHANGES
from service.settings import Exchanges, Paths, RedisUrl, RelayUrl, Settings, SettingsError, read_settings

NO_REDIS = "not a Redis URL; it begins with one of redis://, rediss://, redis+sentinel://"
NOT_PLAIN = 'Not a plain decimal such as "1.5": no exponent, plus sign, space or underscore'


def test_nothing_set_means_the_defaults() -> None:
    """Variables of other programs don't matter."""
    assert read_settings({"PATH": "/bin", "hedge_log_level": "loud"}) == Settings()


def test_every_setting_can_be_set() -> None:
    """Each field under its name in upper case."""
    settings = read_settings(
        {
            "HEDGE_ALLOW_ANONYMOUS": "1",
            "HEDGE_API_KEYS_FILE": "keys",
            "HEDGE_BODY_SECONDS": "0.5",
            "HEDGE_EXCHANGES": "weex, bybit",
            "HEDGE_EXEMPT_PATHS": "/health",
            "HEDGE_LIMIT_PER_ADDRESS": "10",
            "HEDGE_LIMIT_PER_KEY": "0",
            "HEDGE_LIMIT_SECONDS": "1",
            "HEDGE_LOG_LEVEL": "error",
            "HEDGE_MAX_NOTIONAL": "5000000",
            "HEDGE_PATIENCE_SECONDS": "2",
            "HEDGE_REDIS_SECONDS": "0.1",
            "HEDGE_REDIS_URL": "rediss://redis:6380/1",
            "HEDGE_STREAMS": "0",
            "HEDGE_UPSTREAM": "http://relay:8080/exchanges/",
        }
    )

    assert settings == Settings(
        allow_anonymous=True,
        api_keys_file="keys",
        body_seconds=0.5,
        exchanges=Exchanges(("bybit", "weex")),
        exempt_paths=Paths(("/health",)),
        limit_per_address=10,
        limit_per_key=0,
        limit_seconds=1,
        log_level="error",
        max_notional=Positive(5000000),
        patience_seconds=2,
        redis_seconds=0.1,
        redis_url=RedisUrl("rediss://redis:6380/1"),
        streams=0,
        upstream=RelayUrl("http://relay:8080/exchanges"),
    )


def test_nothing_can_be_switched_on() -> None:
    """No exchange and no exempt path are written as none."""
    settings = read_settings({"HEDGE_EXCHANGES": "none", "HEDGE_EXEMPT_PATHS": "none"})

    assert (settings.exchanges, settings.exempt_paths) == (frozenset(), ())


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
        ("HEDGE_EXCHANGES", "binance,ftx", f"HEDGE_EXCHANGES: 'ftx' is none of {', '.join(EXCHANGES)}, and not none"),
        ("HEDGE_EXCHANGES", "", f"HEDGE_EXCHANGES: '' is none of {', '.join(EXCHANGES)}, and not none"),
        ("HEDGE_EXEMPT_PATHS", "health", "HEDGE_EXEMPT_PATHS: 'health' does not begin with / or ends with it"),
        ("HEDGE_REDIS_SECONDS", "11", "HEDGE_REDIS_SECONDS: Expected float <= 10.0"),
        ("HEDGE_REDIS_URL", "localhost:6379", f"HEDGE_REDIS_URL: {NO_REDIS}"),
        ("HEDGE_UPSTREAM", "ftp://relay", "HEDGE_UPSTREAM: 'ftp://relay' is no base URL"),
        ("HEDGE_UPSTREAM", "http://relay:99999", "HEDGE_UPSTREAM: 'http://relay:99999' is no base URL"),
        ("HEDGE_UPSTREAM", "http://relay?to=", "HEDGE_UPSTREAM: 'http://relay?to=' is no base URL"),
    ],
)
def test_a_setting_that_can_not_be_used_is_one_clear_line(name: str, value: str, message: str) -> None:
    """The variable's name and what is wrong with it, in the operator's words."""
    with pytest.raises(SettingsError) as refusal:
        read_settings({name: value})

    assert str(refusal.value).startswith(message)


def test_a_redis_that_hangs_leaves_time_for_the_exchange() -> None:
    """As long as there is a Redis, a request may not wait for it as long as for everything."""
    limits = {"HEDGE_PATIENCE_SECONDS": "0.5", "HEDGE_REDIS_SECONDS": "0.5"}

    assert read_settings(limits).redis_seconds == 0.5
    with pytest.raises(SettingsError, match=r"^HEDGE_REDIS_SECONDS: 0\.5 leaves .* HEDGE_PATIENCE_SECONDS is 0\.5$"):
        read_settings({**limits, "HEDGE_REDIS_URL": "redis://redis"})

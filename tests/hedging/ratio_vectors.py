"""How the golden vectors of hedge ratios are reckoned."""

import math
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import numpy as np

from service.hedging.errors import HedgingError
from service.hedging.estimation.priors import Prior, adjust, shrink
from service.hedging.estimation.regression import fit_weighted
from service.hedging.risk.hedge_ratios import tidy
from service.hedging.risk.tail import student_quantile
from tests.hedging.build import holding, linear, sized
from tests.hedging.measured import slopes_of

Inputs = dict[str, Any]
Answer = dict[str, Any]


def _read(texts: list[str | None]) -> list[float | None]:
    return [None if text is None else float(text) for text in texts]


def _exact(**values: float | None) -> Answer:
    """Write floats as an answer shows them."""
    return {name: None if value is None else Decimal(repr(tidy(value))) for name, value in values.items()}


def _mvhr_series(given: Inputs) -> Answer:
    confidence = float(given.get("conf", "0.95"))
    try:
        pair = slopes_of(_read(given["spot"]), _read(given["futures"]), confidence=confidence)
    except HedgingError as error:
        return {"error": error.code}
    count, line = pair.observations, pair.ols
    assert pair.correlation is not None
    assert pair.r_squared is not None
    deviation = pair.volatility / math.sqrt(365)
    left = math.sqrt((1 - pair.r_squared) * (count - 1) / (count - 2))
    return {
        "n": count,
        **_exact(
            h=line.beta,
            alpha=line.intercept,
            sigma_s=deviation,
            sigma_f=pair.underlying_volatility / math.sqrt(365),
            rho=pair.correlation,
            r2=pair.r_squared,
            resid_sd=deviation * left,
            se=line.error,
            t_crit=student_quantile((1 + confidence) / 2, count - 2),
            ci_low=line.low,
            ci_high=line.high,
        ),
    }


def _mvhr(given: Inputs) -> Answer:
    """Three returns of either series that have exactly the stated deviations and correlation."""
    rho, of_spot, of_futures = (float(given[name]) for name in ("rho", "sigma_s", "sigma_f"))
    one, other = np.array([1, 0, -1.0]), np.array([1, -2, 1.0]) / math.sqrt(3)
    futures = list(of_futures * one)
    spot = list(of_spot * (rho * one + math.sqrt(1 - rho**2) * other))
    pair = slopes_of(spot, futures)
    return _exact(h=pair.ols.beta, effectiveness=pair.r_squared)


def _contracts_value(given: Inputs) -> Answer:
    return {"n": _contracts(given["h"], given["value_asset"], given["value_contract"])}


def _contracts_units(given: Inputs) -> Answer:
    """Units of the asset and of the contract, at a price of 1."""
    return {"n": _contracts(given["h"], given["qty_asset"], given["qty_contract"])}


def _contracts(coverage: str, value: str, unit: str) -> Decimal:
    return Decimal(sized(linear(multiplier="1"), book={"ALT": value}, price=unit, coverage=coverage).exact_contracts)


def _change_beta(given: Inputs) -> Answer:
    """Hedge what the book's beta is above the one that is wanted, as the beta of a book of its own."""
    beta = float(Decimal(given["beta"]) - Decimal(given["beta_target"]))
    book, held = {"ALT": given["value"]}, [holding("ALT", given["value"], beta)]
    sizing = sized(linear(multiplier="1"), book=book, price=given["unit_notional"], holdings=held, weighting="beta")
    return {"n": Decimal(sizing.exact_contracts), "side": sizing.side}


def _ewma_step(given: Inputs) -> Answer:
    """Give a state of the recursion as two earlier pairs of returns that have it, and take the step as a third."""
    decay, before = float(given["lam"]), {name: float(given[name]) for name in ("var_x", "var_y", "cov")}
    whole = {name: value / (1 - decay) for name, value in before.items()}
    x = [0.0, math.sqrt(whole["var_x"]), float(given["x"])]
    y_last = whole["cov"] / x[1]
    y = [math.sqrt((whole["var_y"] - y_last**2) / decay), y_last, float(given["y"])]
    faded = fit_weighted(np.array([y]), np.array(x), decay=decay)
    scale = (1 + decay + decay**2) * (1 - decay)
    var_x, var_y = (float(one[0]) * scale for one in (faded.instrument_variance, faded.variance))
    covariance = float(faded.slope[0]) * var_x
    return _exact(
        var_x=var_x,
        var_y=var_y,
        cov=covariance,
        vol_x=math.sqrt(var_x),
        vol_y=math.sqrt(var_y),
        corr=covariance / math.sqrt(var_x * var_y),
    )


def _ewma_beta(given: Inputs) -> Answer:
    faded = slopes_of(_read(given["y"]), _read(given["x"]), decay=float(given["lam"])).ewma
    half_life = math.log(0.5) / math.log(float(given["lam"]))
    return _exact(beta=faded.beta, effective_n=faded.effective_observations, half_life=half_life)


def _scholes_williams(given: Inputs) -> Answer:
    found = slopes_of(_read(given["y"]), _read(given["x"])).scholes_williams
    if found.beta is None:
        return {"error": found.absent_reason}
    assert found.before is not None
    assert found.same is not None
    assert found.after is not None
    rho = ((found.before + found.same + found.after) / found.beta - 1) / 2
    return _exact(beta=found.beta, b_lag=found.before, b0=found.same, b_lead=found.after, rho1=rho)


def _dimson(given: Inputs) -> Answer:
    found = slopes_of(_read(given["y"]), _read(given["x"])).dimson
    coefficients = [Decimal(repr(one)) for one in (found.before, found.same, found.after)]
    return {"coef": coefficients, **_exact(beta=found.beta)}


def _blume(given: Inputs) -> Answer:
    return _exact(beta=round(adjust(float(given["beta"])), 15))


def _vasicek(given: Inputs) -> Answer:
    prior = Prior(mean=float(given["prior_mean"]), spread=float(given["prior_sd"]))
    found = shrink(float(given["beta"]), float(given["se"]), prior)
    return _exact(beta=found.beta, weight_sample=found.weight, posterior_sd=found.error)


CALCULATIONS: dict[str, Callable[[Inputs], Answer]] = {
    "mvhr_series": _mvhr_series,
    "mvhr": _mvhr,
    "contracts_value": _contracts_value,
    "contracts_units": _contracts_units,
    "change_beta": _change_beta,
    "ewma_step": _ewma_step,
    "ewma_beta": _ewma_beta,
    "scholes_williams": _scholes_williams,
    "dimson": _dimson,
    "blume": _blume,
    "vasicek": _vasicek,
}

"""The guards of looked-up prices and of betas, each taken away: some test has to turn red, or it is only hoped for.

Law: the service itself is never touched. Each mutant is a change to a copy, and the tests run there.
"""

import argparse
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
_COPIED = ("service", "tests", "openapi", "pyproject.toml", "README.md")
_SECONDS = 180.0


class Mutant(NamedTuple):
    """One guard, and what the code is without it."""

    name: str
    module: str
    """Path below `service`."""
    guard: str
    """Text that stands in the module exactly once."""
    without: str
    tests: tuple[str, ...]
    """Paths below `tests` of which one has to fail."""


def _of(module: str, *tests: str, **guards: tuple[str, str]) -> Iterator[Mutant]:
    """List the mutants of one module, which are found by the same tests."""
    for name, (guard, without) in guards.items():
        yield Mutant(name.replace("_", " "), module, guard, without, tests)


MUTANTS: tuple[Mutant, ...] = (
    *_of(
        "market/sealing.py",
        "market/test_sealing.py",
        key_of_a_kept_board=("if sealed.key != feed.key:", "if False:"),
        checksum_of_a_kept_board=("if _checksum(body) != checksum:", "if False:"),
        version_of_a_kept_board=("if sealed.version != VERSION:", "if False:"),
        stamp_of_a_kept_board=('if b"%0*d" % (STAMP_DIGITS, sealed.stamp) != stamp:', "if False:"),
        numbers_of_a_kept_board=("if not all(is_finite(row) for row in rows):", "if False:"),
    ),
    *_of(
        "market/store.py",
        "market/redis/test_store.py",
        fence_by_time=("if stamp < tonumber(ARGV[2]) or ARGV[5] == '1' then", "if true then"),
        stamp_of_the_future=("if not (stamp <= now) then stamp = 0 end", ""),
    ),
    *_of(
        "market/boards.py",
        "market/test_boards.py",
        age_after_the_wait=(
            "kept = self._young(feed, longest)  # its age is taken after the wait",
            "kept = self._kept.get(feed)",
        ),
        single_flight=("if flight is None:", "if True:"),
        word_of_a_failure=(
            "return failed.error if failed is not None and self._clock.steady() < failed.until else None",
            "return None",
        ),
        limit_of_the_feed=("> min(longest, feed.longest_seconds)", "> longest"),
        renewal_before_the_end=("limit - _ENDING_SECONDS", "limit"),
        number_of_single_boards=("if len(self._single) > self._most:", "if False:"),
        order_of_their_use=(
            "            self._single[feed.key] = kept\n        return kept",
            "            self._single = {feed.key: kept, **self._single}\n        return kept",
        ),
    ),
    *_of(
        "market/fetcher.py",
        "market/test_fetcher.py",
        age_from_before_the_question=(
            "return Kept(board, 0.0, steady)",
            "return Kept(board, 0.0, self._clock.steady())",
        ),
        clock_of_redis=("max(by_redis, wall - board.wall_ms / 1e3, 0.0)", "max(wall - board.wall_ms / 1e3, 0.0)"),
        clock_of_the_machine=("max(by_redis, wall - board.wall_ms / 1e3, 0.0)", "max(by_redis, 0.0)"),
        sound_rows_of_a_kept_board=("            _require_sound(board, now_ms)\n", ""),
        doubt_in_a_refused_value=("            self._is_doubted = True\n", ""),
    ),
    *_of(
        "market/vetting.py",
        "market/test_vetting.py",
        row_count=(" and 2 * len(vetted.rows) >= last_count", ""),
        time_of_the_future=("0 <= quote.as_of_ms <= now_ms + SKEW_MS", "0 <= quote.as_of_ms"),
        mark_far_from_its_index=('return "mark_far_from_index" if _is_torn(quote) else None', "return None"),
        symbol_sent_twice=("if seen.setdefault(row.symbol, row) == row and", "if"),
        symbol_sent_thrice=(' and vetted.dropped.get(row.symbol) != "sent_twice"', ""),
        day_under_way=(" if not now_ms - SETTLING_MS < close.at_ms <= now_ms + DAY_MS", ""),
        minute_after_a_day=("now_ms - SETTLING_MS < close.at_ms", "now_ms < close.at_ms"),
        whole_days=("if close.at_ms % DAY_MS or", "if"),
        days_with_two_closes=(" if times[point.at_ms] == 1", ""),
        half_of_a_history=("if len(found) > len(kept):", "if False:"),
        size_of_a_payment=("if abs(payment.rate) > LARGEST_PAYMENT:", "if False:"),
        points_of_a_kept_history=(
            " and all(isinstance(row, Quote) or vetted.rows[row.symbol] == row for row in rows)",
            "",
        ),
    ),
    *_of(
        "market/quorum.py",
        "market/test_quorum.py",
        quorum=("if len(near) >= QUORUM else None", "if near else None"),
        median_of_the_others=(" if name != source]", " if name]"),
    ),
    *_of(
        "market/breaker.py",
        "market/test_breaker.py",
        breaker=("if self.seconds_left or self._prober not in {None, name}:", "if False:"),
        late_success=('if is_probe and self.state == "half_open":', "if True:"),
    ),
    *_of(
        "market/upstream.py",
        "market/test_upstream.py",
        budget=("                self._spend(feed, host, weight)\n", ""),
        share_of_single_symbols=("if feed.symbol is not None:", "if False:"),
        block_of_a_country=("            self._refuse_blocked()\n", ""),
        largest_reply=("if len(body) > LARGEST_REPLY:", "if False:"),
        reply_of_a_cache=("                _refuse_kept(feed, reply)\n", ""),
    ),
    *_of(
        "market/found.py",
        "market/test_lookup.py",
        time_of_the_exchange=("if seen.age_seconds > search.longest:", "if False:"),
        halted_pair=("if not listing.is_trading:\n        raise", "if False:\n        raise"),
        price_of_one_unit=("last if units == 1 else last / units", "last"),
        crossed_book=("if quote.bid > quote.ask:", "if False:"),
    ),
    *_of(
        "market/history.py",
        "market/test_history.py",
        age_of_the_last_close=("if hours > LONGEST_HOURS:", "if False:"),
        funding_of_perpetuals_only=('if listing.segment == "spot" or listing.expiry_ms is not None:', "if False:"),
    ),
    *_of(
        "market/bybit.py",
        "market/test_bybit.py",
        symbol_of_the_closes=("    _require_symbol(listing, [result.symbol])\n", ""),
    ),
    *_of(
        "api/lookups/marks.py",
        "api/lookups/test_marks.py",
        age_after_all_waits=("if age > self._longest and found.looked is not None:", "if False:"),
        currency_of_the_contract=("        raise self._lacks_rate(quote, currency)\n", "        return None\n"),
    ),
    *_of(
        "api/lookups/pairs.py",
        "api/test_basis.py",
        settled_future=("        _require_unsettled(listed.exchange, listing, look_up.as_of)\n", ""),
    ),
    *_of(
        "hedging/term_structure/pairs.py",
        "hedging/term_structure/test_pairs.py",
        crossed_pair=("if bid is not None and ask is not None and bid > ask:", "if False:"),
        expired_pair=("if pair.expiry is not None and pair.expiry <= as_of:", "if False:"),
        rate_without_an_interval=(
            "elif pair.funding_rate is not None and pair.funding_interval_hours is None:",
            "elif False:",
        ),
    ),
    *_of(
        "api/lookups/past_closes.py",
        "api/lookups/test_past_returns.py",
        age_of_the_last_trade=("if hours > LONGEST_HOURS:", "if False:"),
    ),
    *_of(
        "hedging/estimation/estimates.py",
        "hedging/estimation/test_estimates.py",
        slope_of_few=("if len(one.asset) < FEWEST:", "if len(one.asset) < 0:"),
        slope_of_what_stands_still=("if covariance(one.asset, one.asset) < LEAST_VARIANCE:", "if False:"),
        slope_of_late_that_stands_still=("return min(spread, squares / math.fsum(weights))", "return spread"),
        slope_beyond_sense=("if abs(one.beta) > LARGEST_BETA:", "if False:"),
        degrees_of_a_slope=("len(pairs.asset) - 2) * line.error", "len(pairs.asset)) * line.error"),
    ),
    *_of(
        "hedging/betas.py",
        "hedging/test_betas.py",
        beta_that_was_sent=("if holding.beta is not None} | {underlying}", "if False} | {underlying}"),
        betas_by_value=('if weighting != "beta":', "if False:"),
        doubt_of_a_short=("parts = sorted(weights", "parts = list(weights"),
    ),
    *_of(
        "hedging/estimation/regression.py",
        "hedging/estimation/test_regression.py",
        "hedging/test_hedge_ratio.py",
        mean_of_what_is_known=("y.sum(axis=1) / some, x.sum(axis=1) / some", "y.mean(axis=1), x.mean(axis=1)"),
        degrees_of_a_line=("/ (pairs.count - 2) /", "/ (pairs.count - 1) /"),
        weights_of_what_is_missing=(
            "later = np.cumsum(known[:, ::-1]",
            "later = np.cumsum(np.ones_like(known)[:, ::-1]",
        ),
        lags_without_a_denominator=("/ whole if whole > 0 else", "/ whole if True else"),
        windows_that_are_half_empty=("count >= max(FEWEST, window / 2)", "count >= FEWEST"),
    ),
    *_of(
        "hedging/hedge_ratio.py",
        "hedging/test_hedge_ratio.py",
        side_of_a_negative_ratio=("max(Decimal(0), Decimal(repr(ratio)))", "abs(Decimal(repr(ratio)))"),
        ceiling_of_a_ratio=("if target > self.largest:", "if False:"),
        leg_on_the_other_side=("if min(betas) >= 0:", "if True:"),
    ),
    *_of(
        "hedging/estimation/measurement.py",
        "hedging/test_hedge_ratio.py",
        belief_about_a_mixed_book=("prior.spread * gross", "prior.spread"),
    ),
    *_of(
        "hedging/estimation/stress_beta.py",
        "hedging/estimation/test_stress_beta.py",
        falls_that_are_none=("moves[underlying] <= -LEAST_FALL", "moves[underlying] != 0"),
    ),
    *_of(
        "api/lookups/premises.py",
        "api/lookups/test_book_betas.py",
        prices_after_the_wait=(
            "if found.estimates:  # what they waited for, closes or a turn in the worker, has made the prices older",
            "if False:",
        ),
    ),
    *_of("gcra.py", "market/test_gcra.py", window=("end - now <= window", "end - now <= window + interval")),
)


def read(mutant: Mutant, root: Path) -> tuple[Path, str]:
    """Find the module of a mutant, and its text, in which the guard stands once.

    Raises:
        ValueError: if the guard has moved; then the list is to be mended.
    """
    path = root / "service" / mutant.module
    text = path.read_text()
    if text.count(mutant.guard) != 1:
        raise ValueError(f"{mutant.name}: its text stands {text.count(mutant.guard)} times in {mutant.module}")
    return path, text


def is_caught(mutant: Mutant, root: Path) -> bool:
    """Tell whether a test of the copy turns red without the guard."""
    with _without(mutant, root):
        return not _passes(mutant.tests, root)


@contextmanager
def _without(mutant: Mutant, root: Path) -> Iterator[None]:
    path, text = read(mutant, root)
    path.write_text(text.replace(mutant.guard, mutant.without))
    try:
        yield
    finally:
        path.write_text(text)


def _passes(tests: Sequence[str], root: Path) -> bool:
    """Run tests in a copy; one that hangs has failed too."""
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider"]
    command += [f"tests/{test}" for test in tests]
    try:
        ended = subprocess.run(command, cwd=root, capture_output=True, timeout=_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        return False
    return ended.returncode == 0


def copy_to(folder: Path) -> None:
    """Copy what the tests need."""
    for name in _COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, folder / name)


def main(arguments: Sequence[str]) -> int:
    """Try every mutant and print what became of it; 1 if one survives, or if the tests fail without any."""
    parser = argparse.ArgumentParser(prog="python -m tests.ops.mutants", description=__doc__)
    parser.add_argument("names", nargs="*", help="only mutants whose names contain one of these")
    names = parser.parse_args(arguments).names
    chosen = [mutant for mutant in MUTANTS if not names or any(name in mutant.name for name in names)]
    with TemporaryDirectory(prefix="minihedge-mutants-") as folder:
        root = Path(folder)
        copy_to(root)
        sound = _passes(sorted({test for mutant in chosen for test in mutant.tests}), root)
        survivors = (
            [mutant.name for mutant in chosen if not _tell(mutant, root)] if sound else ["the tests fail anyway"]
        )
    sys.stdout.write(f"{len(chosen)} guards, alive without one: {', '.join(survivors) or 'none'}\n")
    return 1 if survivors else 0


def _tell(mutant: Mutant, root: Path) -> bool:
    caught = is_caught(mutant, root)
    sys.stdout.write(f"{'caught ' if caught else 'ALIVE  '} {mutant.module:20} {mutant.name}\n")
    sys.stdout.flush()
    return caught


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))

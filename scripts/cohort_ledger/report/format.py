"""Numbers, dates and names as the report writes them: in a locale, with the currency of the publication."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from babel import Locale
from babel.dates import format_date
from babel.numbers import format_compact_currency, format_currency, format_decimal, format_percent


@dataclass(frozen=True)
class Formats:
    """How a locale writes what is on the page."""

    locale: Locale
    currency: str

    def money(self, amount: Decimal) -> str:
        """An amount to the currency's smallest unit."""
        return format_currency(amount, self.currency, locale=self.locale)

    def whole_money(self, amount: Decimal) -> str:
        """An amount without decimals."""
        pattern = self.locale.currency_formats["standard"].pattern.replace(".00", "")
        return format_currency(amount, self.currency, pattern, locale=self.locale, currency_digits=False)

    def compact_money(self, amount: Decimal, decimals: int | None = None) -> str:
        """An amount for a chart, to three digits unless told how many decimals: $450K."""
        known = 2 if decimals is None else decimals
        text = format_compact_currency(amount, self.currency, locale=self.locale, fraction_digits=known)
        digits = len(re.search(r"\d+", text).group())
        # not every locale has a short word for thousands
        if digits > 3:
            return self.whole_money(amount)
        if decimals is not None:
            return text
        return format_compact_currency(amount, self.currency, locale=self.locale, fraction_digits=3 - digits)

    def change(self, amount: Decimal) -> str:
        """A change of an amount, with its sign, without decimals."""
        return ("+" if amount > 0 else "") + self.whole_money(amount)

    def percent(self, ratio: Decimal, digits: int = 2) -> str:
        """A ratio in percent."""
        decimals = "0." + "0" * digits if digits else "0"
        pattern = self.locale.percent_formats[None].pattern.replace("##0", f"##{decimals}")
        return format_percent(ratio, pattern, locale=self.locale)

    def points(self, difference: Decimal) -> str:
        """A change of a ratio in percentage points, with its sign."""
        number = format_decimal(difference * 100, "#,##0.00", locale=self.locale)
        return f"{'+' if difference > 0 else ''}{number} pts"

    def number(self, number: Decimal | int) -> str:
        """A count, or a ratio that is no percentage, with two decimals."""
        return format_decimal(number, "#,##0" if isinstance(number, int) else "#,##0.00", locale=self.locale)

    def signed(self, number: Decimal | int) -> str:
        """A change of such a number, with its sign."""
        return ("+" if number > 0 else "") + self.number(number)

    def day(self, day: date) -> str:
        """A day."""
        return format_date(day, "long", locale=self.locale)

    def month(self, day: date) -> str:
        """A month with its year."""
        return format_date(day, "LLLL yyyy", locale=self.locale)

    def short_month(self, day: date) -> str:
        """The same for an axis."""
        return format_date(day, "LLL yy", locale=self.locale)

    def band(self, name: str) -> str:
        """A benchmark band, whose name holds its bounds."""
        parts = [self.percent(Decimal(part) / 100, 0) if part.isdigit() else part for part in name.split("_")]
        if parts[0] == "below":
            return f"below {parts[1]}"
        if parts[-1] == "plus":
            return f"{parts[0]} or more"
        return " to ".join(parts)


def words(name: str) -> str:
    """A name of a mart's value or column as words."""
    return name.replace("_", " ")

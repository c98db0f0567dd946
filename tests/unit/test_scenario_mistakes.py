"""The words for each kind of mistake that a check of a scenario can find."""

from __future__ import annotations

from typing import Annotated, Literal

import pytest
from pydantic import (
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    ValidationError,
    model_validator,
)

from cyps.settlement.mistakes import scenario_mistakes


class _Asked(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)
    count: Annotated[int, Field(ge=1, lt=2_000)] = 1
    rate: Annotated[float, Field(gt=-1, le=10, allow_inf_nan=False)] = 0.0
    name: Annotated[str, Field(pattern="^[a-z]+$")] = "a"
    listed: dict[Annotated[str, Field(max_length=3)], int] = {}
    status: Literal["sure", "not sure"] = "sure"
    several: Annotated[
        Annotated[int, Tag("[plain]")] | Annotated[list[int], Tag("[versions]")],
        Discriminator(lambda value: "[versions]" if isinstance(value, list) else "[plain]"),
    ] = 1

    @model_validator(mode="after")
    def _all_told(self) -> _Asked:
        if self.count == 13:
            raise ValueError("Thirteen. brings ill luck.")
        return self


def told(asked):
    with pytest.raises(ValidationError) as mistakes:
        _Asked.model_validate(asked)
    words = scenario_mistakes(["my.toml"], mistakes.value, asked)
    head, tail = "my.toml cannot be used as a scenario: ", ". docs/scenarios.md lists every key."
    assert words.startswith(head)
    assert words.endswith(tail)
    return words.removeprefix(head).removesuffix(tail)


NO_TEXT = "it may have letters A to Z, digits and plain hyphens, no spaces at its ends, at most 40"


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"cuont": 3}, "'cuont' is not a key that belongs here"),
        ({"count": 0}, "'count' is 0; it must be at least 1"),
        ({"count": 2_000}, "'count' is 2000; it must be below 2_000"),
        ({"count": 20_000}, "'count' is 20_000; it must be below 2_000"),
        (
            {"count": 8_000_000_000.5},
            "'count' is 8000000000.5; it must be a whole number without quotes or commas, such as "
            "8_000_000_000",
        ),
        ({"rate": -1.5}, "'rate' is -1.5; it must be above -1"),
        ({"rate": 12.5}, "'rate' is 12.5; it must be at most 10"),
        ({"rate": float("inf")}, "'rate' is inf; it must be a finite number"),
        ({"name": "x 1"}, f"'name' is 'x 1'; {NO_TEXT}"),
        ({"name": "9" * 41}, f"'name' is '{'9' * 40}'; {NO_TEXT}"),
        ({"status": "maybe"}, "'status' is 'maybe'; it must be 'sure' or 'not sure'"),
        ({"several": [1, "a"]}, "the 2nd of 'several' is 'a'; it must be a whole number without "
         "quotes or commas, such as 8_000_000_000"),
        ({"several": "a"}, "'several' is 'a'; it must be a whole number without quotes or commas, "
         "such as 8_000_000_000"),
        ({"listed": {"long": 1}}, "'listed.long' is 'long'; it must have at most 3 characters"),
        ({"count": 13}, "it: Thirteen. brings ill luck"),
        ({"count": 0, "name": "x 1"}, f"'count' is 0; it must be at least 1; 'name' is 'x 1'; "
         f"{NO_TEXT}"),
        (5, "it is 5; it must be a table of keys and values"),
    ],
)  # fmt: skip
def test_each_mistake_in_words(asked, says):
    assert told(asked).replace("Value error, ", "") == says

"""What a scenario file may say of cost weights and area cost."""

from __future__ import annotations

import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from cyps.errors import CypsError
from cyps.needs import weights_as_spend
from cyps.settlement.dated import NamedWords

Status = Literal["published", "assumed", "illustrative"]
Service = Literal["all", "CIN", "REF", "CARE", "CEASED", "1", "2", "3", "4", "5", "6", "7"]
Part = Annotated[float, Field(ge=0, le=1)]


class TypedWeights(BaseModel):
    """Cost weights by metric, which add up to 1, with where they come from."""

    model_config = ConfigDict(extra="allow", frozen=True)
    __pydantic_extra__: dict[str, float] = Field(init=False)

    source: NamedWords
    status: Status
    dated: datetime.date | None = None

    @property
    def by_metric(self) -> dict[str, float]:
        """The weights, in the order in which they were written."""
        return dict(self.__pydantic_extra__)

    def origin(self) -> str:
        """Status, date and source in words."""
        dated = f", {self.dated.isoformat()}" if self.dated else ""
        return f"{self.status}{dated}: {self.source}"

    @model_validator(mode="after")
    def _whole(self) -> TypedWeights:
        try:
            weights_as_spend(self.by_metric, self.origin())
        except CypsError as error:
            raise ValueError(_as_clause(str(error))) from None
        return self


class AreaCostChoices(BaseModel):
    """How the components in the area cost file make a factor, with where that comes from."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    source: NamedWords
    status: Status
    lower_limit: Annotated[float, Field(gt=0)] | dict[NamedWords, float] | None = Field(
        default=None, description="of the factors, or of components by name"
    )
    weights: dict[Service, dict[NamedWords, Part]] = Field(
        min_length=1, description="of components; by metric, by service area 1 to 7, or for all"
    )

    def origin(self) -> str:
        """Status and source in words."""
        return f"{self.status}: {self.source}"

    @field_validator("weights")
    @classmethod
    def _of_one_kind(
        cls, weights: dict[Service, dict[str, float]]
    ) -> dict[Service, dict[str, float]]:
        kinds = {"all" if s == "all" else "area" if s.isdigit() else "metric" for s in weights}
        if len(kinds) > 1:
            raise ValueError(
                "must all be by metric, or all by service area, or one set for 'all': "
                f"they are for {', '.join(weights)}"
            )
        for service, own in weights.items():
            if sum(own.values()) > 1 + 1e-9:
                raise ValueError(
                    f"add up to {sum(own.values()):.9g} for {service}; at most 1 can be weighted, "
                    "and the rest up to 1 is cost that is the same everywhere"
                )
        return weights


def _as_clause(sentence: str) -> str:
    """A sentence as what follows the name of a key."""
    return f"{sentence[:1].lower()}{sentence[1:]}".rstrip(".").removeprefix("typed weights ")

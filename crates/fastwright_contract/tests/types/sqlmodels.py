import datetime
import uuid
from typing import List, Optional

from pydantic import EmailStr, computed_field
from sqlmodel import Field, Relationship, SQLModel


class HeroTeamLink(SQLModel, table=True):
    team_id: Optional[int] = Field(default=None, foreign_key="team.id", primary_key=True)
    hero_id: Optional[int] = Field(default=None, foreign_key="hero.id", primary_key=True)


class TeamBase(SQLModel):
    name: str = Field(index=True)
    headquarters: str


class Team(TeamBase, table=True):
    id: Optional[int] = Field(default=None, primary_key=True)
    heroes: List["Hero"] = Relationship(back_populates="teams", link_model=HeroTeamLink)


class HeroBase(SQLModel):
    """A hero."""

    name: str = Field(index=True, min_length=1, max_length=255, title="The name", description="How they call themselves")
    secret_name: str
    age: Optional[int] = Field(default=None, index=True, ge=0)
    email: EmailStr | None = Field(default=None, unique=True, max_length=255)
    extra: int = Field(default=1, schema_extra={"examples": [1, 2]})


class Hero(HeroBase, table=True):
    id: uuid.UUID = Field(default_factory=uuid.uuid4, primary_key=True)
    created: datetime.datetime = Field(default_factory=datetime.datetime.now)
    teams: List[Team] = Relationship(back_populates="heroes", link_model=HeroTeamLink)


class HeroPublic(HeroBase):
    id: uuid.UUID


class HeroUpdate(SQLModel):
    name: Optional[str] = None
    age: int | None = Field(default=None, alias="theAge")


class HeroPublicWithTeams(HeroPublic):
    teams: List[TeamBase] = []


TYPES = {
    "Team": Team, "TeamBase": TeamBase, "Hero": Hero, "HeroPublic": HeroPublic, "HeroUpdate": HeroUpdate,
    "HeroPublicWithTeams": HeroPublicWithTeams, "heroes": list[HeroPublic],
}

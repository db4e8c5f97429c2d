"""A team and its board, as a plugin for servicecore."""

from servicecore_teamboard.board import Board, BoardFailed
from servicecore_teamboard.people import Person, Team, load_team
from servicecore_teamboard.plugin import Installed, TeamBoard

__all__ = ["Board", "BoardFailed", "Installed", "Person", "Team", "TeamBoard", "load_team"]

"""One open transaction of one user: what every store of it shares."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import CursorResult, Executable, Row
from sqlalchemy.ext.asyncio import AsyncConnection


class Scope:
    """The connection, the user, the moment, and whose changes these are."""

    def __init__(
        self,
        connection: AsyncConnection,
        *,
        user_id: str,
        now: datetime,
        turn_id: str | None = None,
        call_id: str | None = None,
    ) -> None:
        self.connection = connection
        self.user_id = user_id
        self.now = now
        self.turn_id = turn_id
        self.call_id = call_id
        self.revision: int | None = None
        """The revision of this transaction's writes, once it has written to tasks or conversations."""

    async def execute(self, statement: Executable, parameters: Mapping[str, Any] | None = None) -> CursorResult[Any]:
        return await self.connection.execute(statement, {"user_id": self.user_id, **(parameters or {})})

    async def rows(self, statement: Executable, parameters: Mapping[str, Any] | None = None) -> Sequence[Row[Any]]:
        return (await self.execute(statement, parameters)).all()

    async def first(self, statement: Executable, parameters: Mapping[str, Any] | None = None) -> Row[Any] | None:
        return (await self.execute(statement, parameters)).first()

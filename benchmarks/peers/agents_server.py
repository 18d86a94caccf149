"""A chat server for to-do lists as the guides of its parts have it: openai-agents runs a turn, SQLModel stores it.

It has no accounts, no undo, no event log and no exactly-once; it stands for the straight way to build one. Run it in
the venv of `requirements/bench.txt`: `python -m benchmarks.peers.agents_server ADDRESS FILE` prints its port and serves
until its input ends.
"""

import json
import socket
import sys
import threading
from collections.abc import AsyncIterator
from typing import Any, Final

import uvicorn
from agents import (
    Agent,
    OpenAIChatCompletionsModel,
    RunContextWrapper,
    Runner,
    function_tool,
    set_tracing_disabled,
)
from fastapi import FastAPI
from fastapi.responses import StreamingResponse
from openai import AsyncOpenAI
from openai.types.responses import ResponseTextDeltaEvent
from pydantic import BaseModel
from sqlalchemy import Engine
from sqlmodel import Field, Session, SQLModel, col, create_engine, select

HISTORY: Final = 20


class Task(SQLModel, table=True):
    """A to-do item."""

    id: int | None = Field(default=None, primary_key=True)
    user_id: str = Field(index=True)
    title: str
    due: str | None = None
    done: bool = False


class Message(SQLModel, table=True):
    """A text of the user or of the assistant."""

    id: int | None = Field(default=None, primary_key=True)
    user_id: str = Field(index=True)
    role: str
    content: str


class Body(BaseModel):
    """What a client sends."""

    message: str


def app(address: str, file: str) -> FastAPI:
    """Return the server, for a model service at `address` and a SQLite file."""
    set_tracing_disabled(True)
    engine = create_engine(f"sqlite:///{file}")
    SQLModel.metadata.create_all(engine)
    client = AsyncOpenAI(base_url=address, api_key="none")
    agent = Agent[str](
        name="To-do list",
        instructions="You keep the user's to-do list. Use the tools to change it, and answer in one sentence.",
        model=OpenAIChatCompletionsModel(model="fake", openai_client=client),
        tools=[_add_task(engine)],
    )
    server = FastAPI()

    @server.post("/users/{user_id}/chat")
    async def chat(user_id: str, body: Body) -> StreamingResponse:
        with Session(engine) as session:
            session.add(Message(user_id=user_id, role="user", content=body.message))
            session.commit()
            newest = select(Message).where(Message.user_id == user_id).order_by(col(Message.id).desc()).limit(HISTORY)
            history = [{"role": each.role, "content": each.content} for each in session.exec(newest)][::-1]
        return StreamingResponse(_turn(agent, engine, user_id, history), media_type="text/event-stream")

    return server


def _add_task(engine: Engine) -> Any:
    def add_task(context: RunContextWrapper[str], title: str, due: str | None = None) -> str:
        """Add a task to the list."""
        with Session(engine) as session:
            task = Task(user_id=context.context, title=title, due=due)
            session.add(task)
            session.commit()
            return json.dumps({"task_id": task.id, "status": "created", "title": task.title})

    return function_tool(add_task)


async def _turn(agent: Any, engine: Engine, user_id: str, history: list[Any]) -> AsyncIterator[str]:
    result = Runner.run_streamed(agent, input=history, context=user_id)
    async for event in result.stream_events():
        if event.type == "raw_response_event" and isinstance(event.data, ResponseTextDeltaEvent):
            yield f"event: text_delta\ndata: {json.dumps({'text': event.data.delta})}\n\n"
    with Session(engine) as session:
        session.add(Message(user_id=user_id, role="assistant", content=str(result.final_output)))
        session.commit()
    yield f"event: turn_finished\ndata: {json.dumps({'response': result.final_output})}\n\n"


def main(address: str, file: str) -> None:
    """Serve on a port of the system's choice."""
    listening = socket.create_server(("127.0.0.1", 0), backlog=2048)
    server = uvicorn.Server(uvicorn.Config(app(address, file), log_config=None, access_log=False))
    threading.Thread(target=_until_told, args=(server,), daemon=True).start()
    print(listening.getsockname()[1], flush=True)
    server.run([listening])


def _until_told(server: uvicorn.Server) -> None:
    sys.stdin.read()
    server.should_exit = True


if __name__ == "__main__":
    main(*sys.argv[1:])

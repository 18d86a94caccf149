"""Conversations and their messages."""

from typing import Annotated

from fastapi import Query

from kirotodo.core.domain.conversation import Conversation, Transcript
from kirotodo.core.domain.task import Page
from kirotodo.server.callers import ConversationId, Mine, user_router
from kirotodo.server.openapi import problems
from kirotodo.server.schemas import ConversationQuery, TitleBody, TranscriptQuery

router = user_router("conversations", prefix="/conversations")


@router.get("")
async def conversations(where: Annotated[ConversationQuery, Query()], backend: Mine) -> Page[Conversation]:
    """Conversations, latest first."""
    return await backend.conversations(search=where.search, limit=where.limit, cursor=where.cursor)


@router.get("/{conversation_id}", responses=problems(404))
async def conversation(conversation_id: ConversationId, backend: Mine) -> Conversation:
    """One conversation."""
    return (await backend.transcript(conversation_id, limit=1)).conversation


@router.patch("/{conversation_id}", responses=problems(404, 413))
async def rename(conversation_id: ConversationId, body: TitleBody, backend: Mine) -> Conversation:
    """Give it another title."""
    return await backend.rename_conversation(conversation_id, body.title)


@router.delete("/{conversation_id}", status_code=204, responses=problems(404))
async def delete(conversation_id: ConversationId, backend: Mine) -> None:
    """Put it out of sight; a live turn in it is cancelled. `restore` brings it back."""
    await backend.delete_conversation(conversation_id)


@router.post("/{conversation_id}/restore", responses=problems(404))
async def restore(conversation_id: ConversationId, backend: Mine) -> Conversation:
    """Bring a deleted conversation back."""
    return await backend.restore_conversation(conversation_id)


@router.get("/{conversation_id}/messages", responses=problems(404))
async def messages(
    conversation_id: ConversationId, where: Annotated[TranscriptQuery, Query()], backend: Mine
) -> Transcript:
    """The newest messages, oldest first, with the turns they belong to; `before` asks for older ones."""
    return await backend.transcript(conversation_id, before=where.before, limit=where.limit)

"""The official conformance suite of MCP, and the TypeScript SDK's client, against `/mcp`: `make conformance`.

Most scenarios want tools, prompts and resources of the suite's own, which this registers beside kirotodo's, on the same
transport: our routes, sessions, tokens and checks of origins. The arguments are the folder of the npm package
`@modelcontextprotocol/conformance` and a Node.js of version 24. Without them it only serves.
"""

import asyncio
import hashlib
import hmac
import json
import re
import sys
import tempfile
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import mcp_types as types
from mcp.shared.exceptions import MCPError

from kirotodo.core.models.scripted import ScriptedModel
from kirotodo.protocols import mcp as protocol
from kirotodo.server.app import create_app
from tests.server.serving import bearer, served, settings_in

REVISIONS: Final = ("2026-07-28", "2025-11-25")
PIXEL: Final = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
SILENCE: Final = "UklGRiQAAABXQVZFZm10IBAAAAABAAEAQB8AAIA+AAACABAAZGF0YQAAAAA="
KEY: Final = b"of this process alone"
DEMO: Final = "Of the conformance suite."
NEEDED: Final[dict[str, Any]] = {"sampling": {}}
Context = Any


def _text(text: str) -> dict[str, Any]:
    return {"type": "text", "text": text}


def _resource(uri: str, kind: str, text: str) -> dict[str, Any]:
    return {"type": "resource", "resource": {"uri": uri, "mimeType": kind, "text": text}}


IMAGE: Final = {"type": "image", "data": PIXEL, "mimeType": "image/png"}
FIXED: Final[Mapping[str, dict[str, Any]]] = {
    "test_simple_text": {"content": [_text("This is a simple text response for testing.")]},
    "test_image_content": {"content": [IMAGE]},
    "test_audio_content": {"content": [{"type": "audio", "data": SILENCE, "mimeType": "audio/wav"}]},
    "test_embedded_resource": {
        "content": [_resource("test://embedded-resource", "text/plain", "This is an embedded resource content.")]
    },
    "test_multiple_content_types": {
        "content": [
            _text("Multiple content types test:"),
            IMAGE,
            _resource("test://mixed-content-resource", "application/json", '{"test":"data","value":123}'),
        ]
    },
    "test_error_handling": {
        "isError": True,
        "content": [_text("This tool intentionally returns an error for testing")],
    },
}
"""What tools answer that do nothing else."""
DEFAULTS: Final = {
    "name": {"type": "string", "default": "John Doe"},
    "age": {"type": "integer", "default": 30},
    "score": {"type": "number", "default": 95.5},
    "status": {"type": "string", "enum": ["active", "inactive", "pending"], "default": "active"},
    "verified": {"type": "boolean", "default": True},
}
_TITLED: Final = [{"const": "a", "title": "The first"}, {"const": "b", "title": "The second"}]
ENUMS: Final = {
    "untitledSingle": {"type": "string", "enum": ["option1", "option2", "option3"]},
    "titledSingle": {"type": "string", "oneOf": _TITLED},
    "legacyEnum": {"type": "string", "enum": ["opt1", "opt2"], "enumNames": ["Option One", "Option Two"]},
    "untitledMulti": {"type": "array", "items": {"type": "string", "enum": ["option1", "option2"]}},
    "titledMulti": {"type": "array", "items": {"anyOf": _TITLED}},
}
FORMS: Final[Mapping[str, tuple[str, Mapping[str, Any]]]] = {
    "test_elicitation": ("User response", {"username": {"type": "string"}, "email": {"type": "string"}}),
    "test_elicitation_sep1034_defaults": ("Elicitation completed", DEFAULTS),
    "test_elicitation_sep1330_enums": ("Elicitation completed", ENUMS),
}
"""Tools that ask the user: the beginning of their answer, and the properties of their form."""


def _form(message: str, name: str) -> dict[str, Any]:
    schema = {"type": "object", "properties": {name: {"type": "string"}}, "required": [name]}
    return {"method": "elicitation/create", "params": {"message": message, "requestedSchema": schema}}


def _sampling(text: str) -> dict[str, Any]:
    messages = [{"role": "user", "content": _text(text)}]
    return {"method": "sampling/createMessage", "params": {"messages": messages, "maxTokens": 100}}


ROOTS: Final[dict[str, Any]] = {"method": "roots/list", "params": {}}
ROUNDS: Final[Mapping[str, list[dict[str, Any]]]] = {
    "elicitation": [{"user_name": _form("What is your name?", "name")}],
    "sampling": [{"capital_question": _sampling("What is the capital of France?")}],
    "list_roots": [{"client_roots": ROOTS}],
    "request_state": [{"confirm": _form("Please confirm", "ok")}],
    "tampered_state": [{"confirm": _form("Please confirm", "ok")}],
    "multiple_inputs": [
        {
            "user_name": _form("What is your name?", "name"),
            "greeting": _sampling("Generate a greeting"),
            "client_roots": ROOTS,
        }
    ],
    "multi_round": [
        {"step1": _form("Step 1: What is your name?", "name")},
        {"step2": _form("Step 2: What is your favorite color?", "color")},
    ],
    "capabilities": [{"user_name": _form("What is your name?", "name"), "greeting": _sampling("Generate a greeting")}],
}
"""What the tools `test_input_required_result_…` ask for, round by round."""
_NEEDS: Final = {"elicitation/create": "elicitation", "sampling/createMessage": "sampling", "roots/list": "roots"}
LOGGING: Final = ("test_tool_with_logging", "test_logging_tool")
OTHER_TOOLS: Final = (
    *LOGGING,
    "test_tool_with_progress",
    "test_sampling",
    "test_missing_capability",
    "test_streaming_elicitation",
)
RESOURCES: Final = {
    "test://static-text": {"mimeType": "text/plain", "text": "This is the content of the static text resource."},
    "test://static-binary": {"mimeType": "image/png", "blob": PIXEL},
    "test://watched-resource": {"mimeType": "text/plain", "text": "Watched."},
}
TEMPLATE: Final = re.compile(r"test://template/(\w+)/data")
PROMPTS: Final[Mapping[str, tuple[str, ...]]] = {
    "test_simple_prompt": (),
    "test_prompt_with_arguments": ("arg1", "arg2"),
    "test_prompt_with_embedded_resource": ("resourceUri",),
    "test_prompt_with_image": (),
    "test_input_required_result_prompt": (),
}


class DemoServer(protocol.McpServer):
    """Kirotodo's server with the suite's tools, prompts and resources."""

    def __init__(self, callers: protocol.Callers) -> None:
        super().__init__(callers)
        own = self.handlers

        async def list_tools(context: Context, params: Any) -> types.ListToolsResult:
            found = await own.list_tools(context, params)
            names = [*FIXED, *FORMS, *OTHER_TOOLS, *(f"test_input_required_result_{name}" for name in ROUNDS)]
            schema = {"type": "object"}
            return types.ListToolsResult(
                tools=[*found.tools, *(types.Tool(name=name, description=DEMO, input_schema=schema) for name in names)]
            )

        async def call_tool(context: Context, params: types.CallToolRequestParams) -> Any:
            return await (_call(context, params) if params.name.startswith("test_") else own.call_tool(context, params))

        async def list_resources(context: Context, params: Any) -> types.ListResourcesResult:
            found = await own.list_resources(context, params)
            demo = [types.Resource(uri=uri, name=uri.removeprefix("test://")) for uri in RESOURCES]
            return types.ListResourcesResult(resources=[*found.resources, *demo])

        async def read_resource(context: Context, params: types.ReadResourceRequestParams) -> Any:
            uri = str(params.uri)
            contents = RESOURCES.get(uri)
            if (found := TEMPLATE.fullmatch(uri)) is not None:
                data = {"id": found[1], "templateTest": True, "data": f"Data for ID: {found[1]}"}
                contents = {"mimeType": "application/json", "text": json.dumps(data)}
            if contents is None:
                return await own.read_resource(context, params)
            return types.ReadResourceResult.model_validate({"contents": [{"uri": uri, **contents}]})

        async def subscribe(context: Context, params: types.SubscribeRequestParams) -> types.EmptyResult:
            return types.EmptyResult() if str(params.uri) in RESOURCES else await own.subscribe(context, params)

        async def templates(_: Context, params: Any) -> types.ListResourceTemplatesResult:
            template = types.ResourceTemplate(uri_template="test://template/{id}/data", name="template")
            return types.ListResourceTemplatesResult(resource_templates=[template])

        async def list_prompts(_: Context, params: Any) -> types.ListPromptsResult:
            return types.ListPromptsResult(
                prompts=[
                    types.Prompt(
                        name=name,
                        description=DEMO,
                        arguments=[types.PromptArgument(name=each, description=DEMO, required=True) for each in names],
                    )
                    for name, names in PROMPTS.items()
                ]
            )

        async def complete(_: Context, params: types.CompleteRequestParams) -> types.CompleteResult:
            return types.CompleteResult(completion=types.Completion(values=[], total=0, has_more=False))

        async def set_level(_: Context, params: types.SetLevelRequestParams) -> types.EmptyResult:
            return types.EmptyResult()

        self.add_request_handler("tools/list", types.PaginatedRequestParams, list_tools)
        self.add_request_handler("tools/call", types.CallToolRequestParams, call_tool)
        self.add_request_handler("resources/list", types.PaginatedRequestParams, list_resources)
        self.add_request_handler("resources/read", types.ReadResourceRequestParams, read_resource)
        self.add_request_handler("resources/subscribe", types.SubscribeRequestParams, subscribe)
        self.add_request_handler("resources/templates/list", types.PaginatedRequestParams, templates)
        self.add_request_handler("prompts/list", types.PaginatedRequestParams, list_prompts)
        self.add_request_handler("prompts/get", types.GetPromptRequestParams, _prompt)
        self.add_request_handler("completion/complete", types.CompleteRequestParams, complete)
        self.add_request_handler("logging/setLevel", types.SetLevelRequestParams, set_level)


async def _call(context: Context, params: types.CallToolRequestParams) -> Any:
    name, session = params.name, context.session
    if name in FIXED:
        return _result(FIXED[name])
    if name in FORMS:
        return await _asked(context, name, (params.arguments or {}).get("message", "Please tell."))
    if name.startswith("test_input_required_result_"):
        return _rounds(context, name.removeprefix("test_input_required_result_"), params)
    if name == "test_streaming_elicitation":
        return _rounds(context, "elicitation", params)
    if name == "test_missing_capability" and getattr(session.client_capabilities, "sampling", None) is None:
        raise MCPError(types.MISSING_REQUIRED_CLIENT_CAPABILITY, "It needs sampling.", {"requiredCapabilities": NEEDED})
    if name in LOGGING:
        for line in ("Tool execution started", "Tool processing data", "Tool execution completed"):
            await session.send_log_message("info", line, related_request_id=context.request_id)
        return _said("Logged.")
    if name == "test_tool_with_progress":
        for done in (0, 50, 100):
            await session.report_progress(done, 100)
        return _said("Progressed.")
    if name == "test_sampling":
        message = types.SamplingMessage(
            role="user", content=types.TextContent(text=(params.arguments or {}).get("prompt", ""))
        )
        answer = await session.create_message([message], max_tokens=100, related_request_id=context.request_id)
        return _said(f"LLM response: {answer.content.text}")
    raise MCPError(types.INVALID_PARAMS, "There is no such tool.")


async def _asked(context: Context, name: str, message: str) -> types.CallToolResult:
    begins, properties = FORMS[name]
    schema = {"type": "object", "properties": properties, "required": list(properties) if "email" in properties else []}
    answer = await context.session.elicit_form(message, schema, context.request_id)
    return _said(f"{begins}: action={answer.action}, content={json.dumps(answer.content)}")


def _rounds(context: Context, name: str, params: types.CallToolRequestParams) -> Any:
    """Ask for what the next round needs, or be done. The state is which round is next, signed."""
    rounds, place = ROUNDS.get(name, []), 0
    if params.request_state is not None:
        number, _, mac = params.request_state.partition(".")
        if not hmac.compare_digest(mac, _mac(number)):
            raise MCPError(types.INVALID_PARAMS, "The request state isn't one of this server.")
        place = int(number)
    given = params.input_responses or {}
    if place and not set(rounds[place - 1]) <= set(given):
        place -= 1
    if place == 0 and given and set(rounds[0]) <= set(given):
        place = 1
    if place >= len(rounds):
        shown = [each.model_dump(by_alias=True, mode="json", exclude_none=True) for each in given.values()]
        return _said(f"state-ok {json.dumps(shown)}")
    asked = rounds[place]
    if name == "capabilities":
        capabilities = context.session.client_capabilities
        asked = {key: each for key, each in asked.items() if getattr(capabilities, _NEEDS[each["method"]], None)}
    return _input_required(asked, state=f"{place + 1}.{_mac(str(place + 1))}")


def _mac(text: str) -> str:
    return hmac.new(KEY, text.encode(), hashlib.sha256).hexdigest()


def _input_required(asked: dict[str, Any], *, state: str | None) -> types.InputRequiredResult:
    given = {
        "resultType": "input_required",
        "inputRequests": asked,
        **({} if state is None else {"requestState": state}),
    }
    return types.InputRequiredResult.model_validate(given)


def _result(given: Mapping[str, Any]) -> types.CallToolResult:
    return types.CallToolResult.model_validate(given)


def _said(text: str) -> types.CallToolResult:
    return _result({"content": [_text(text)]})


async def _prompt(_: Context, params: types.GetPromptRequestParams) -> Any:
    given = params.arguments or {}
    match params.name:
        case "test_simple_prompt":
            contents: list[Any] = [_text("This is a simple prompt for testing.")]
        case "test_prompt_with_arguments":
            contents = [_text(f"Prompt with arguments: arg1='{given['arg1']}', arg2='{given['arg2']}'")]
        case "test_prompt_with_embedded_resource":
            resource = _resource(given["resourceUri"], "text/plain", "Embedded resource content for testing.")
            contents = [resource, _text("Please process the embedded resource above.")]
        case "test_prompt_with_image":
            contents = [IMAGE, _text("Please analyze the image above.")]
        case "test_input_required_result_prompt":
            if "user_context" not in (params.input_responses or {}):
                return _input_required(
                    {"user_context": _form("What context should the prompt use?", "context")}, state=None
                )
            contents = [_text("With this context.")]
        case _:
            raise MCPError(types.INVALID_PARAMS, "There is no such prompt.")
    return types.GetPromptResult.model_validate({"messages": [{"role": "user", "content": each} for each in contents]})


class WithToken:
    """Adds a token to each request, since the suite signs in nowhere."""

    def __init__(self, app: Any) -> None:
        self._app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            token = bearer("1")["Authorization"].encode()
            scope = {**scope, "headers": [*scope["headers"], (b"authorization", token)]}
        await self._app(scope, receive, send)


async def main(suite: str | None = None, node: str = "node") -> int:
    """Serve, and run the suite for each revision; return how many scenarios of its requirements failed."""
    warnings.simplefilter("ignore")
    protocol.McpServer = DemoServer  # type: ignore[misc]
    with tempfile.TemporaryDirectory() as folder:
        app = create_app(settings_in(Path(folder)), model=ScriptedModel())
        app.add_middleware(WithToken)
        async with served(app) as server:
            print(f"{server.base_url}/mcp", flush=True)
            if suite is None:
                await asyncio.Event().wait()
                return 0
            url, failed = f"{server.base_url}/mcp", 0
            for revision in REVISIONS:
                failed += await _conforms(url, revision, suite, node)
            return failed + await _typescript(url, suite, node)


async def _conforms(url: str, revision: str, suite: str, node: str) -> int:
    """Run what a revision of the specification requires; return 0 where all of it passes."""
    code, output = await _run(node, f"{suite}/dist/index.js", "server", "--url", url, "--requirements", revision)
    print(f"\n{revision}\n{output.partition('=== SUMMARY ===')[2] or output}", flush=True)
    return code


async def _typescript(url: str, suite: str, node: str) -> int:
    """Run the client of the TypeScript SDK, which is installed beside the suite."""
    script = Path(__file__).with_name("typescript_client.mjs")
    copied = Path(suite).parents[2] / script.name  # it looks for the SDK from its own folder
    copied.write_text(script.read_text(encoding="utf-8"), encoding="utf-8")
    code, output = await _run(node, str(copied), url)
    print(f"\nThe TypeScript SDK's client\n{output}", flush=True)
    return code


async def _run(*command: str) -> tuple[int, str]:
    process = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    output = (await process.communicate())[0].decode(errors="replace")
    return int(process.returncode != 0), output


if __name__ == "__main__":
    sys.exit(asyncio.run(main(*sys.argv[1:3])))

"""Which model the settings ask for."""

import subprocess
import sys
from typing import Any

import pytest

from kirotodo.core.errors import ConfigError
from kirotodo.core.language.types import Preferences
from kirotodo.core.models.builtin.model import BuiltinModel
from kirotodo.core.models.fallback import FallbackModel
from kirotodo.core.models.openai.model import OPENAI_URL, OpenAIModel
from kirotodo.core.models.registry import endpoint_from, model_from
from kirotodo.core.settings import Settings


def chosen(**values: Any) -> object:
    return model_from(Settings(timezone="UTC", **values), preferences=Preferences())


def test_without_a_key_or_an_address_the_builtin_one_answers() -> None:
    assert isinstance(chosen(), BuiltinModel)
    assert isinstance(chosen(openai_api_key=" ", openai_base_url=""), BuiltinModel)


@pytest.mark.parametrize("values", [{"openai_api_key": "k"}, {"openai_base_url": "http://localhost:11434/v1"}])
def test_a_key_or_an_address_is_enough(values: dict[str, str]) -> None:
    assert isinstance(chosen(**values), FallbackModel)
    assert isinstance(chosen(**values, fallback_to_builtin=False), OpenAIModel)


def test_a_server_of_ones_own_needs_no_key() -> None:
    endpoint = endpoint_from(Settings(openai_base_url="http://localhost:11434/v1/"))
    assert endpoint is not None
    assert (endpoint.api_key, endpoint.base_url) == ("not needed", "http://localhost:11434/v1")
    assert not endpoint.is_strict


def test_openai_itself_takes_strict_schemas() -> None:
    endpoint = endpoint_from(Settings(openai_api_key=" k\n", openai_api="responses", openai_reasoning_effort="LOW"))
    assert endpoint is not None
    assert (endpoint.api_key, endpoint.base_url, endpoint.api, endpoint.effort) == ("k", OPENAI_URL, "responses", "low")
    assert endpoint.is_strict


def test_the_path_of_a_call_is_not_part_of_the_address() -> None:
    endpoint = endpoint_from(Settings(openai_base_url="https://example.org/v1/chat/completions"))
    assert endpoint is not None
    assert endpoint.base_url == "https://example.org/v1"


@pytest.mark.parametrize("address", ["localhost:11434", "ftp://example.org", "http://", "http://[::1", "http://h:x/v1"])
def test_an_address_that_can_be_none_is_said_so_at_once(address: str) -> None:
    with pytest.raises(ConfigError, match="OPENAI_BASE_URL should be a web address such as"):
        chosen(openai_base_url=address)


@pytest.mark.parametrize("key", ["“sk-1”", "sk 1", "sk-1\nsk-2"])
def test_a_key_that_can_be_none_is_said_so_without_showing_it(key: str) -> None:
    with pytest.raises(ConfigError, match="OPENAI_API_KEY contains characters") as caught:
        chosen(openai_api_key=key)
    assert key not in caught.value.message


@pytest.mark.slow
def test_the_sdk_is_not_imported_before_it_is_used() -> None:
    code = (
        "import sys; from kirotodo.core.models.registry import model_from; import kirotodo.core.local as l;"
        "from kirotodo.core.settings import Settings; s = Settings(openai_api_key='k', timezone='UTC');"
        "model_from(s, preferences=l.preferences_from(s)); print('openai' in sys.modules, 'httpx2' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]

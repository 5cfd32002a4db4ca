"""The Anthropic client's own kinds of example, run through the gateway. Base URL, key and model come from the environment."""
import os

import anthropic

client = anthropic.Anthropic(base_url=os.environ["BASE"], api_key=os.environ["KEY"], max_retries=0)
MODEL = os.environ["MODEL"]
ASK = [{"role": "user", "content": "Say hello."}]
SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
TOOL = {"name": "get_weather", "description": "The weather.", "input_schema": SCHEMA}


def create(messages=ASK, **more):
    return client.messages.create(model=MODEL, max_tokens=100, messages=messages, **more)


def messages():
    said = create(system="Be brief.", extra_body={"unknown_field": {"a": 1}})
    assert said.content[0].text == "Hello, world."
    assert said.model_extra["echo"] == {"a": 1}, said
    source = {"type": "base64", "media_type": "image/png", "data": "iVBORw0KGgo="}
    assert create([{"role": "user", "content": [{"type": "image", "source": source}]}]).usage.output_tokens == 3


def stream():
    kinds = [event.type for event in create(stream=True)]
    assert kinds[0] == "message_start" and kinds[-1] == "message_stop", kinds
    with client.messages.stream(model=MODEL, max_tokens=100, messages=ASK) as events:
        assert "".join(events.text_stream) == "Hello, world."
        assert events.get_final_message().usage.output_tokens == 3


def tools():
    said = create(tools=[TOOL])
    call = said.content[0]
    assert said.stop_reason == "tool_use" and call.input == {"city": "Oslo"}
    result = {"type": "tool_result", "tool_use_id": call.id, "content": "21"}
    asked = [*ASK, {"role": "assistant", "content": said.content}, {"role": "user", "content": [result]}]
    assert create(asked, tools=[TOOL]).content[0].text == "It is 21 degrees."
    with client.messages.stream(model=MODEL, max_tokens=100, messages=ASK, tools=[TOOL]) as events:
        assert events.get_final_message().content[0].input == {"city": "Oslo"}


def beta():
    said = client.beta.messages.create(model=MODEL, max_tokens=100, messages=ASK, betas=["a-beta"])
    assert said.content[0].text == "Hello, world."


def token_count():
    assert client.messages.count_tokens(model=MODEL, messages=ASK).input_tokens == 11


def models():
    assert [m.id for m in client.models.list()] == [MODEL]
    assert client.models.retrieve(MODEL).id == MODEL


def refused(kind, name, call):
    try:
        call()
    except kind as error:
        assert error.body["error"]["type"] == name, error.body
        return
    raise AssertionError(f"{kind.__name__} was not raised")


def errors():
    other = client.with_options(api_key="another key")
    refused(anthropic.AuthenticationError, "authentication_error", lambda: other.messages.create(model=MODEL, max_tokens=9, messages=ASK))
    refused(anthropic.NotFoundError, "not_found_error", lambda: client.messages.create(model="model-9", max_tokens=9, messages=ASK))
    refused(anthropic.BadRequestError, "invalid_request_error", lambda: create([]))
    refused(anthropic.BadRequestError, "invalid_request_error", lambda: create([{"role": "user", "content": "please refuse"}]))
    refused(anthropic.BadRequestError, "invalid_request_error", lambda: create(extra_body={"mcp_servers": [{"url": "https://example.org"}]}))


for check in (messages, stream, tools, beta, token_count, models, errors):
    check()
    print(check.__name__)

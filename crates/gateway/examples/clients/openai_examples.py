"""The OpenAI client's own kinds of example, run through the gateway. Base URL, key and model come from the environment."""
import json
import os

import openai

client = openai.OpenAI(base_url=os.environ["BASE"] + "/v1", api_key=os.environ["KEY"], max_retries=0)
MODEL = os.environ["MODEL"]
ASK = [{"role": "user", "content": "Say hello."}]
PARAMETERS = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
CHAT_TOOL = {"type": "function", "function": {"name": "get_weather", "parameters": PARAMETERS}}
TOOL = {"type": "function", "name": "get_weather", "parameters": PARAMETERS, "strict": False}
PICTURE = {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgo="}}


def chat():
    said = client.chat.completions.create(model=MODEL, messages=ASK, extra_body={"unknown_field": [1, 2.5]})
    assert said.choices[0].message.content == "Hello, world."
    assert said.model_extra["echo"] == [1, 2.5], said
    parts = [{"role": "user", "content": [{"type": "text", "text": "What is it?"}, PICTURE]}]
    assert client.chat.completions.create(model=MODEL, messages=parts).usage.total_tokens == 12


def chat_stream():
    stream = client.chat.completions.create(
        model=MODEL, messages=ASK, stream=True, stream_options={"include_usage": True}
    )
    chunks = list(stream)
    assert "".join(c.choices[0].delta.content or "" for c in chunks if c.choices) == "Hello, world."
    assert chunks[-1].usage.total_tokens == 12
    with client.chat.completions.stream(model=MODEL, messages=ASK) as events:
        assert events.get_final_completion().choices[0].message.content == "Hello, world."


def chat_tools():
    messages = list(ASK)
    said = client.chat.completions.create(model=MODEL, messages=messages, tools=[CHAT_TOOL])
    call = said.choices[0].message.tool_calls[0]
    assert json.loads(call.function.arguments) == {"city": "Oslo"}
    messages += [said.choices[0].message, {"role": "tool", "tool_call_id": call.id, "content": "21"}]
    said = client.chat.completions.create(model=MODEL, messages=messages, tools=[CHAT_TOOL])
    assert said.choices[0].message.content == "It is 21 degrees."
    with client.chat.completions.stream(model=MODEL, messages=ASK, tools=[CHAT_TOOL]) as events:
        call = events.get_final_completion().choices[0].message.tool_calls[0]
    assert json.loads(call.function.arguments) == {"city": "Oslo"}


def responses():
    said = client.responses.create(model=MODEL, input="Say hello.", instructions="Be brief.")
    assert said.output_text == "Hello, world."
    with client.responses.stream(model=MODEL, input="Say hello.") as stream:
        text = "".join(e.delta for e in stream if e.type == "response.output_text.delta")
        assert text == stream.get_final_response().output_text == "Hello, world."
    asked = list(ASK)
    said = client.responses.create(model=MODEL, input=asked, tools=[TOOL])
    call = said.output[0]
    assert json.loads(call.arguments) == {"city": "Oslo"}
    asked += [call, {"type": "function_call_output", "call_id": call.call_id, "output": "21"}]
    said = client.responses.create(model=MODEL, input=asked, tools=[TOOL])
    assert said.output_text == "It is 21 degrees."
    kinds = [e.type for e in client.responses.create(model=MODEL, input=ASK, tools=[TOOL], stream=True)]
    assert kinds[-1] == "response.completed" and "response.function_call_arguments.delta" in kinds


def embeddings():
    for extra in ({}, {"encoding_format": "float"}):
        said = client.embeddings.create(model=MODEL, input=["one", "two"], **extra)
        assert [d.embedding for d in said.data] == [[0.5, -1.0]] * 2, said


def models():
    assert [m.id for m in client.models.list()] == [MODEL]
    assert client.models.retrieve(MODEL).id == MODEL


def refused(kind, call, code=None):
    try:
        call()
    except kind as error:
        assert code is None or error.code == code, error
        assert error.request_id or error.status_code in (401, 403, 404, 400), error
        return
    raise AssertionError(f"{kind.__name__} was not raised")


def errors():
    other = client.with_options(api_key="another key")
    refused(openai.AuthenticationError, lambda: other.chat.completions.create(model=MODEL, messages=ASK), "invalid_api_key")
    refused(openai.NotFoundError, lambda: client.chat.completions.create(model="model-9", messages=ASK), "model_not_found")
    refused(openai.BadRequestError, lambda: client.chat.completions.create(model=MODEL, messages=[]), "malformed_request")
    refused(openai.BadRequestError, lambda: client.responses.create(model=MODEL, input="x", background=True), "malformed_request")
    asked = [{"role": "user", "content": "please refuse"}]
    refused(openai.BadRequestError, lambda: client.chat.completions.create(model=MODEL, messages=asked))
    refused(openai.NotFoundError, lambda: client.files.list(), "unknown_url")


for check in (chat, chat_stream, chat_tools, responses, embeddings, models, errors):
    check()
    print(check.__name__)

// The npm clients' own kinds of example, run through the gateway. Base URL, key and model come from the environment.
import assert from "node:assert/strict";
import OpenAI from "openai";
import Anthropic from "@anthropic-ai/sdk";

const { BASE, KEY, MODEL: model } = process.env;
const openai = new OpenAI({ baseURL: `${BASE}/v1`, apiKey: KEY, maxRetries: 0 });
const anthropic = new Anthropic({ baseURL: BASE, apiKey: KEY, maxRetries: 0 });
const messages = [{ role: "user", content: "Say hello." }];
const parameters = { type: "object", properties: { city: { type: "string" } }, required: ["city"] };
const checks = {
  async openai_chat() {
    const said = await openai.chat.completions.create({ model, messages, unknown_field: "kept" });
    assert.equal(said.choices[0].message.content, "Hello, world.");
    assert.equal(said.echo, "kept");
    let text = "";
    for await (const chunk of await openai.chat.completions.create({ model, messages, stream: true })) {
      text += chunk.choices[0]?.delta?.content ?? "";
    }
    assert.equal(text, "Hello, world.");
  },
  async openai_tools() {
    let ran = 0;
    const tool = { name: "get_weather", parameters, parse: JSON.parse, function: ({ city }) => { ran += 1; return `${city} 21`; } };
    const runner = openai.chat.completions.runTools({ model, messages, tools: [{ type: "function", function: tool }] });
    assert.equal(await runner.finalContent(), "It is 21 degrees.");
    assert.equal(ran, 1);
  },
  async openai_responses() {
    assert.equal((await openai.responses.create({ model, input: "Say hello." })).output_text, "Hello, world.");
    const stream = openai.responses.stream({ model, input: "Say hello." });
    assert.equal((await stream.finalResponse()).output_text, "Hello, world.");
    const tool = { type: "function", name: "get_weather", parameters, strict: false };
    const said = await openai.responses.create({ model, input: messages, tools: [tool] });
    assert.deepEqual(JSON.parse(said.output[0].arguments), { city: "Oslo" });
  },
  async openai_embeddings_and_models() {
    const said = await openai.embeddings.create({ model, input: "one" });
    assert.deepEqual([...said.data[0].embedding], [0.5, -1]);
    assert.equal((await openai.models.list()).data[0].id, model);
  },
  async openai_errors() {
    await assert.rejects(openai.chat.completions.create({ model: "model-9", messages }), OpenAI.NotFoundError);
    const other = new OpenAI({ baseURL: `${BASE}/v1`, apiKey: "another key", maxRetries: 0 });
    await assert.rejects(other.chat.completions.create({ model, messages }), OpenAI.AuthenticationError);
  },
  async anthropic_messages() {
    const said = await anthropic.messages.create({ model, max_tokens: 100, messages });
    assert.equal(said.content[0].text, "Hello, world.");
    const stream = anthropic.messages.stream({ model, max_tokens: 100, messages });
    assert.equal(await stream.finalText(), "Hello, world.");
  },
  async anthropic_tools() {
    const tools = [{ name: "get_weather", description: "The weather.", input_schema: parameters }];
    const said = await anthropic.messages.create({ model, max_tokens: 100, messages, tools });
    assert.deepEqual(said.content[0].input, { city: "Oslo" });
    const result = { type: "tool_result", tool_use_id: said.content[0].id, content: "21" };
    const asked = [...messages, { role: "assistant", content: said.content }, { role: "user", content: [result] }];
    const last = await anthropic.messages.create({ model, max_tokens: 100, messages: asked, tools });
    assert.equal(last.content[0].text, "It is 21 degrees.");
    const stream = anthropic.messages.stream({ model, max_tokens: 100, messages, tools });
    assert.deepEqual((await stream.finalMessage()).content[0].input, { city: "Oslo" });
  },
  async anthropic_counts_and_models() {
    assert.equal((await anthropic.messages.countTokens({ model, messages })).input_tokens, 11);
    assert.equal((await anthropic.models.list()).data[0].id, model);
  },
  async anthropic_errors() {
    await assert.rejects(anthropic.messages.create({ model: "model-9", max_tokens: 9, messages }), Anthropic.NotFoundError);
    const other = new Anthropic({ baseURL: BASE, apiKey: "another key", maxRetries: 0 });
    await assert.rejects(other.messages.create({ model, max_tokens: 9, messages }), Anthropic.AuthenticationError);
  },
};
for (const [name, check] of Object.entries(checks)) {
  await check();
  console.log(name);
}

// Loads vestibule's verifier in a browser or in Node.js. The module imports nothing: no network, no clock, no files.
//
//   import { load } from "./vestibule-verifier.mjs";
//   const verifier = await load(bytesOfTheModule);
//   verifier.ask({ op: "receipt", receipt: text, trust: trustToml, require: "full" });
//   // { verified: { index, kind, signers, grade, existed_by, … } } or { refused: { code, message } }

/** Makes a verifier from the bytes of `verifier_wasm.wasm`. */
export async function load(bytes) {
  const { instance } = await WebAssembly.instantiate(bytes, {});
  const { memory, vestibule_question, vestibule_answer, vestibule_answer_at } = instance.exports;

  /** One question as JSON text, its answer as JSON text. */
  function askText(text) {
    const question = new TextEncoder().encode(text);
    const at = vestibule_question(question.length);
    if (at === 0) throw new Error(`a question of ${question.length} bytes is too long`);
    new Uint8Array(memory.buffer, at, question.length).set(question);
    const length = vestibule_answer();
    return new TextDecoder().decode(new Uint8Array(memory.buffer, vestibule_answer_at(), length));
  }

  return { askText, ask: (question) => JSON.parse(askText(JSON.stringify(question))) };
}

// Answers each line of a file of questions with the verifier's module: run.mjs LOADER MODULE QUESTIONS
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const [loader, module, questions] = process.argv.slice(2);
const { load } = await import(pathToFileURL(loader));
const verifier = await load(readFileSync(module));
const lines = readFileSync(questions, "utf8").split("\n");
process.stdout.write(lines.map((line) => verifier.askText(line) + "\n").join(""));

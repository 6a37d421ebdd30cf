// The Messages API in Express, in memory: small enough to read in five minutes, and honest about what it accepts.
import { randomUUID } from "node:crypto";
import express from "express";

const CONVERSATIONS = { conv_chat: "web_chat", conv_mail: "email", conv_phone: "whatsapp" };
// Where a message ends that is sent to a conversation: what a real channel would tell us, sooner or later.
const WAYS = {
  conv_chat: ["sent", "delivered", "read"],
  conv_mail: ["sent", "delivered"],
  conv_phone: ["sent", "failed"],
};
const KEYS = { sk_test_example: "secret", pk_test_example: "publishable" };
const TYPES = { 401: "authentication_error", 403: "permission_error", 404: "not_found_error", 500: "api_error" };
const STEP_MS = 60;
const messages = []; // oldest first

class Refusal extends Error {
  constructor(status, message, param) {
    super(message);
    Object.assign(this, { status, param });
  }
}

function refuse(status, message, param) {
  throw new Refusal(status, message, param);
}

// --- what a send may say -------------------------------------------------------------------------------------------

const isText = (value) => typeof value === "string" && value.isWellFormed();
const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);
const length = (text) => [...text].length; // characters, not UTF-16 units

function isUrl(text) {
  return isText(text) && /^https?:$/.test(URL.canParse(text) ? new URL(text).protocol : "");
}

function read(send) {
  if (!isObject(send)) refuse(400, "The payload must be a JSON object.");
  const { conversation_id, body, type = "text", media_url, metadata = {} } = send;
  if (!isText(conversation_id)) refuse(400, "conversation_id must be a string.", "conversation_id");
  if (!isText(body) || !body) refuse(400, "body must be a string that says something.", "body");
  if (length(body) > 4096) refuse(400, "body has at most 4096 characters.", "body");
  if (!["text", "image", "template"].includes(type)) refuse(400, "type must be text, image or template.", "type");
  if (media_url !== undefined && !isText(media_url)) refuse(400, "media_url must be a string.", "media_url");
  if (type === "image" && !isUrl(media_url)) refuse(400, "An image needs the URL of one.", "media_url");
  if (!isObject(metadata)) refuse(400, "metadata must be an object.", "metadata");
  if (!JSON.stringify(metadata).isWellFormed()) refuse(400, "metadata holds no text.", "metadata");
  if (!Object.hasOwn(CONVERSATIONS, conversation_id)) refuse(404, "There is no such conversation.", "conversation_id");
  return { conversation_id, body, type, ...(media_url === undefined ? {} : { media_url }), metadata };
}

function advance(message, [next, ...rest]) {
  if (!next) return;
  setTimeout(() => {
    message.status = next;
    if (next === "failed") message.error = { code: "undeliverable", message: "The recipient cannot be reached." };
    advance(message, rest);
  }, STEP_MS).unref();
}

// --- the three operations ------------------------------------------------------------------------------------------

const app = express();
app.disable("x-powered-by");
app.set("query parser", "simple");

app.use("/v1/messages", (request, response, next) => {
  const [, token] = /^bearer +(\S+)$/i.exec(request.get("authorization") ?? "") ?? [];
  if (!Object.hasOwn(KEYS, token ?? "")) refuse(401, "No valid API key was given.");
  if (KEYS[token] !== "secret" && request.method !== "GET") refuse(403, "A publishable key only reads.");
  next();
});

app.route("/v1/messages")
  .post(express.json({ limit: "1mb", strict: false }), (request, response) => {
    if (!request.is("application/json")) refuse(415, "Send JSON as application/json.");
    const send = read(request.body);
    const message = {
      id: `msg_${randomUUID().replaceAll("-", "")}`,
      object: "message",
      ...send,
      direction: "outbound",
      channel: CONVERSATIONS[send.conversation_id],
      status: "queued",
      created_at: new Date().toISOString(),
    };
    messages.push(message);
    response.status(201).json(message);
    advance(message, WAYS[send.conversation_id]);
  })
  .get((request, response) => {
    const one = (name) => [request.query[name]].flat()[0];
    const [limit, direction, cursor] = [one("limit") ?? "25", one("direction"), one("starting_after")];
    if (!/^[0-9]{1,3}$/.test(limit) || limit < 1 || limit > 100) refuse(400, "limit is an integer from 1 to 100.", "limit");
    if (![undefined, "inbound", "outbound"].includes(direction)) refuse(400, "direction is inbound or outbound.", "direction");
    let found = messages.toReversed();
    if (cursor !== undefined) {
      const place = found.findIndex((message) => message.id === cursor);
      if (place < 0) refuse(400, "starting_after is the id of no message.", "starting_after");
      found = found.slice(place + 1);
    }
    const wanted = Object.entries({ conversation_id: one("conversation_id"), direction });
    found = found.filter((message) => wanted.every(([name, value]) => value === undefined || message[name] === value));
    response.json({ object: "list", data: found.slice(0, limit), has_more: found.length > limit });
  })
  .all((request, response) => response.set("Allow", "GET, POST") && refuse(405, "List with GET, send with POST."));

app.route("/v1/messages/:id")
  .get((request, response) => {
    const found = messages.find((message) => message.id === request.params.id);
    response.json(found ?? refuse(404, "There is no such message."));
  })
  .all((request, response) => response.set("Allow", "GET") && refuse(405, "A message can only be retrieved."));

app.use(() => refuse(404, "There is nothing here."));

// Every refusal in the documented form; express' own errors (no JSON, a broken path) have a status, too.
app.use((error, request, response, next) => {
  const status = error.status ?? 500;
  const type = TYPES[status] ?? "invalid_request_error";
  if (status === 401) response.set("WWW-Authenticate", "Bearer");
  const message = error instanceof Refusal ? error.message : "The request cannot be understood.";
  const about = { type, code: type, message, param: error.param, doc_url: `https://docs.example.com/errors#${type}` };
  response.status(status).json({ error: about });
});

const server = app.listen(Number(process.env.PORT ?? 3000), "127.0.0.1", (error) => {
  if (error) throw error;
  console.log(`Messages API at http://127.0.0.1:${server.address().port}`);
});

// A caller's program against the generated types: `npm run client` type-checks it, nobody runs it.
import type { components, operations } from "./messages.js";

type Send = operations["sendMessage"]["requestBody"]["content"]["application/json"];
type Sent = operations["sendMessage"]["responses"][201]["content"]["application/json"];
type Query = NonNullable<operations["listMessages"]["parameters"]["query"]>;
type Page = operations["listMessages"]["responses"][200]["content"]["application/json"];
type Message = operations["retrieveMessage"]["responses"][200]["content"]["application/json"];
type Failure = components["schemas"]["ErrorAnswer"];

const origin = "https://api.handl-ng.com";

async function call<T>(key: string, path: string, payload?: unknown): Promise<T> {
  const headers = { Authorization: `Bearer ${key}`, "Content-Type": "application/json" };
  const init = payload === undefined ? { headers } : { method: "POST", headers, body: JSON.stringify(payload) };
  const answer = await fetch(`${origin}${path}`, init);
  if (!answer.ok) throw new Error(((await answer.json()) as Failure).error.message);
  return (await answer.json()) as T;
}

export async function walk(key: string): Promise<string[]> {
  const order: Send = { conversation_id: "conv_8xk2m", body: "Shipped", metadata: { order_id: "ord_abc123" } };
  const sent = await call<Sent>(key, "/v1/messages", order);
  const query: Query = { conversation_id: sent.conversation_id, direction: "outbound", limit: 10 };
  const page = await call<Page>(key, `/v1/messages?${new URLSearchParams(Object.entries(query).map(([k, v]) => [k, `${v}`]))}`);
  const first: Message = await call<Message>(key, `/v1/messages/${page.data[0]?.id}`);
  const status: "queued" | "sent" | "delivered" | "read" | "failed" = first.status;
  // @ts-expect-error: a message needs a body
  const wrong: Send = { conversation_id: first.conversation_id, type: "text" };
  return [sent.direction satisfies "outbound", status, first.channel, wrong.body, page.has_more ? "more" : "all"];
}

// The application: accounts' messages in arrays in order of arrival, statuses moved by timers.
import { randomBytes, randomUUID } from 'node:crypto';
import { checks } from './check.mjs';
import { lists } from './list.mjs';
import { Refusal, errorBody, stringify } from './wire.mjs';

const PACES = { instant: [0, 0, 0], quick: [60, 150, 250], normal: [150, 500, 900], slow: [500, 1700, 3200] };
const B62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

export class App {
  constructor(choices, world) {
    Object.assign(this, { choices, world });
    this.byId = new Map();
    this.sequences = new Map(world.accounts.map((a) => [a, []]));
    this.lastMicros = 0;
    this.count = 0;
    this.requests = 0;
  }

  // ---- requests

  async answer(call) {
    try {
      return await this.finish(call, await this.handle(call));
    } catch (problem) {
      return this.failed(call, problem);
    }
  }

  failed(call, problem) {
    if (problem instanceof Refusal) return this.refused(call, problem);
    return this.refused(call, new Refusal(500, 'api_error', 'internal', 'Something went wrong on our side.'));
  }

  refused(call, refusal) {
    const [body, type] = errorBody(refusal, this.choices.errorBody);
    return { status: refusal.status, headers: refusal.headers, type, bytes: body && Buffer.from(this.text(body, call)) };
  }

  finish(call, { status, body, headers = {} }) {
    if (body === undefined) return { status, headers };
    return { status, headers, type: 'application/json', bytes: this.encode(this.text(body, call), call) };
  }

  text(body) {
    return stringify(body, this.choices.json);
  }

  encode(text) {
    return Buffer.from(text, 'utf8');
  }

  async handle(call) {
    this.requests += 1;
    this.throttle(call);
    const { prefix } = this.choices;
    const root = `${prefix}/v1/messages`;
    const who = await this.identify(call);
    call.who = who;
    let path = call.path;
    if (this.choices.trailingSlash === 'serve' && path === root + '/') path = root;
    if (path === root) return this.collection(call, who);
    if (path.startsWith(root + '/')) {
      const id = path.slice(root.length + 1);
      return this.item(call, who, id);
    }
    throw new Refusal(404, 'not_found_error', 'route_unknown', 'There is nothing here.');
  }

  throttle() {
    const { rateEvery } = this.choices;
    if (rateEvery && this.requests % rateEvery === 0) {
      throw new Refusal(429, 'rate_limit_error', 'rate_limited', 'Too many requests.', undefined, { 'Retry-After': '1' });
    }
  }

  collection(call, who) {
    if (call.method === 'POST') return this.send(call, who);
    if (call.method === 'GET' || (call.method === 'HEAD' && this.choices.head === 'serve')) return this.list(call, who);
    return this.otherMethod(call, 'GET, POST');
  }

  item(call, who, id) {
    if (call.method === 'GET' || (call.method === 'HEAD' && this.choices.head === 'serve')) return this.retrieve(call, who, this.decodeId(id));
    return this.otherMethod(call, 'GET', id, who);
  }

  otherMethod(call, allow) {
    const headers = { Allow: this.choices.head === 'serve' ? `${allow}, HEAD` : allow };
    if (call.method === 'OPTIONS' && this.choices.options === 'serve') return { status: 204, headers };
    const status = this.choices.otherMethod;
    throw new Refusal(status, status === 404 ? 'not_found_error' : 'invalid_request_error', 'method_unknown', 'This method is not served.', undefined, headers);
  }

  decodeId(text) {
    try {
      return decodeURIComponent(text);
    } catch {
      throw this.notFound();
    }
  }

  notFound(status = 404) {
    return new Refusal(status, status === 404 ? 'not_found_error' : 'permission_error', 'message_unknown', 'There is no such message.');
  }

  // ---- keys

  identify(call) {
    const header = call.headers.authorization;
    const scheme = this.choices.bearerCase === 'strict' ? /^Bearer +(\S+) *$/ : /^Bearer +(\S+) *$/i;
    const token = scheme.exec(header ?? '')?.[1];
    const who = token === undefined ? undefined : this.world.keys.get(token);
    if (!who) throw this.unidentified(call);
    return who;
  }

  unidentified() {
    const status = this.choices.keyless;
    const headers = status === 401 && this.choices.challenge ? { 'WWW-Authenticate': 'Bearer realm="messages"' } : {};
    return new Refusal(status, 'authentication_error', 'key_invalid', 'No valid key was given.', undefined, headers);
  }

  // ---- sending

  async send(call, who) {
    this.mayWrite(call, who);
    const payload = this.parsePayload(call);
    const draft = this.draft(payload, who.account);
    const record = await this.keep(draft, payload, call);
    return { status: this.choices.sendStatus, body: this.sendView(record, call) };
  }

  mayWrite(call, who) {
    if (who.readOnly) throw new Refusal(403, 'permission_error', 'key_reads_only', 'This key may only read.');
  }

  sendView(record, call) {
    return this.fullView(record, call);
  }

  keep(draft) {
    const record = this.makeRecord(draft);
    this.store(record);
    this.deliver(record);
    return record;
  }

  makeRecord(draft) {
    const now = Date.now();
    const micros = draft.micros ?? Math.max(this.lastMicros, Math.round((performance.timeOrigin + performance.now()) * 1000));
    if (draft.micros === undefined) this.lastMicros = micros;
    this.count += 1;
    const inbound = draft.direction === 'inbound';
    const record = {
      id: this.makeId(micros),
      account: draft.account,
      conversation: draft.conversation,
      conversation_id: draft.conversation.id,
      body: draft.body,
      type: draft.type,
      direction: draft.direction,
      channel: draft.conversation.channel,
      media_url: draft.media_url,
      metadata: draft.metadata,
      micros,
      seq: this.count,
      visibleAt: draft.past ? 0 : now + this.choices.lag * 1000,
      past: draft.past,
      history: [],
    };
    this.move(record, inbound ? this.choices.inboundStatus : this.choices.initial, draft.past ? 1 : now);
    return record;
  }

  makeId(micros) {
    const random = (n) => Array.from(randomBytes(n), (b) => B62[b % 62]).join('');
    switch (this.choices.idForm) {
      case 'counter': return `msg_${100000 + this.count}`;
      case 'ulid': return `msg_${Math.floor(micros / 1000).toString(32).padStart(10, '0')}${random(12)}`;
      case 'uuid': return `msg_${randomUUID()}`;
      case 'plain': return String(7000000000 + this.count * 13);
      case 'base64': return `msg_${random(7)}+${random(4)}==`;
      default: return `msg_${random(18)}`;
    }
  }

  store(record) {
    this.byId.set(record.id, record);
    this.sequences.get(record.account).push(record);
  }

  // ---- statuses

  /** The statuses that a message goes through, with the milliseconds from its start. */
  itinerary(record) {
    const pace = PACES[this.choices.pace];
    if (!pace || record.direction === 'inbound') return [];
    const { outcome } = record.conversation;
    const steps = [];
    if (this.choices.initial === 'queued') steps.push([pace[0], 'sent']);
    if (outcome === 'failed') return [...steps, [pace[1], 'failed']];
    steps.push([pace[1], 'delivered']);
    if (outcome === 'read') steps.push([pace[2], 'read']);
    return steps;
  }

  deliver(record) {
    const steps = this.itinerary(record);
    if (record.past || this.choices.pace === 'instant') {
      for (const [, status] of steps) this.move(record, status, record.past ? 1 : Date.now());
      return;
    }
    const next = (i, elapsed) => {
      if (i >= steps.length) return;
      const [at, status] = steps[i];
      setTimeout(() => {
        this.move(record, status, Date.now());
        next(i + 1, at);
      }, at - elapsed).unref();
    };
    next(0, 0);
  }

  move(record, status, at) {
    record.history.push({ status, at });
    record.status = status;
    if (status === 'failed') {
      const message = 'The provider could not deliver the message.';
      record.error = this.choices.errorForm === 'string' ? message : { code: 'undeliverable', message };
    }
  }

  // ---- views

  stamp(micros) {
    const { stampDigits, stampZone } = this.choices;
    const shift = stampZone === '+05:30' ? 19_800_000_000 : 0;
    const whole = Math.floor((micros + shift) / 1_000_000);
    const fraction = String((micros + shift) - whole * 1_000_000).padStart(6, '0') + '000';
    const text = new Date(whole * 1000).toISOString().slice(0, 19);
    const base = stampZone === 'z' ? text.toLowerCase() : text;
    return base + (stampDigits ? `.${fraction.slice(0, stampDigits)}` : '') + stampZone;
  }

  fullView(record) {
    const c = this.choices;
    const view = {
      id: record.id,
      object: 'message',
      conversation_id: record.conversation_id,
      body: record.body,
      type: record.type,
      direction: record.direction,
      channel: record.channel,
      status: record.status,
    };
    if (record.media_url !== undefined) view.media_url = record.media_url;
    else if (c.absentOptionals === 'null') view.media_url = null;
    if (record.metadata !== undefined) view.metadata = record.metadata;
    else if (c.noMetadata !== 'absent') view.metadata = c.noMetadata === 'null' ? null : {};
    if (record.error !== undefined) view.error = record.error;
    else if (c.absentOptionals === 'null') view.error = null;
    view.created_at = this.stamp(record.micros);
    if (c.extra) {
      view.livemode = false;
      view.links = { self: `/v1/messages/${encodeURIComponent(record.id)}` };
    }
    return view;
  }

  retrieve(call, who, id) {
    const record = this.find(id, who);
    return { status: 200, body: this.retrieveView(record, call) };
  }

  retrieveView(record, call) {
    return this.fullView(record, call);
  }

  find(id, who) {
    const record = this.byId.get(id);
    if (!record || record.visibleAt > Date.now()) throw this.notFound();
    if (record.account !== who.account) throw this.notFound(this.choices.foreign);
    return record;
  }
}

Object.assign(App.prototype, checks, lists);

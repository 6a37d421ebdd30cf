// What a send may carry. Each check is a method of its own, mixed into the application.
import { Refusal, invalid } from './wire.mjs';

const OWNED = ['id', 'object', 'direction', 'status', 'channel', 'created_at', 'error'];
const KNOWN = ['conversation_id', 'body', 'type', 'media_url', 'metadata'];
const CONTROL = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/;

export const checks = {
  parsePayload(call) {
    if (call.tooLarge) throw new Refusal(413, 'invalid_request_error', 'payload_too_large', 'The payload is too large.');
    this.checkContentType(call);
    const malformed = (why) => new Refusal(400, 'invalid_request_error', 'json_invalid', why);
    let payload;
    try {
      payload = this.parseJson(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(call.raw));
    } catch {
      throw malformed('The payload is not valid JSON.');
    }
    if (payload === null || typeof payload !== 'object' || Array.isArray(payload)) {
      throw malformed('The payload must be a JSON object.');
    }
    return payload;
  },

  parseJson(text) {
    return JSON.parse(text);
  },

  checkContentType(call) {
    const type = (call.headers['content-type'] ?? '').split(';')[0].trim().toLowerCase();
    if (type === 'application/json' || this.choices.contentType === 'accept') return;
    throw new Refusal(this.choices.contentType, 'invalid_request_error', 'content_type', 'Send application/json.');
  },

  /** The message that a payload asks for. */
  draft(payload, account) {
    const has = (name) => Object.hasOwn(payload, name);
    for (const name of Object.keys(payload)) {
      const owned = OWNED.includes(name);
      if (owned ? this.choices.ownedFields === 'refuse' : !KNOWN.includes(name) && this.choices.unknownFields === 'refuse') {
        throw invalid(this, 'This field is not accepted.', name, 'parameter_unknown');
      }
    }
    const fields = {};
    for (const name of KNOWN) if (has(name)) fields[name] = payload[name];
    this.checkConversation(fields);
    this.checkBody(fields);
    for (const name of ['type', 'media_url', 'metadata']) {
      if (fields[name] === null) {
        if (this.choices.nulls === 'refuse') throw invalid(this, `${name} must not be null.`, name);
        delete fields[name];
      }
    }
    fields.type = this.checkType(fields);
    this.checkMedia(fields);
    fields.metadata = this.checkMetadata(fields);
    const conversation = this.findConversation(fields.conversation_id, account);
    return { account, conversation, direction: 'outbound', ...fields };
  },

  checkConversation({ conversation_id: id }) {
    if (id === undefined || id === null) throw invalid(this, 'conversation_id is required.', 'conversation_id', 'parameter_missing');
    if (typeof id !== 'string') throw invalid(this, 'conversation_id must be a string.', 'conversation_id');
  },

  findConversation(id, account) {
    const found = account.conversations.get(id);
    if (found) return found;
    const status = this.choices.unknownConversationSend;
    const type = { 404: 'not_found_error', 403: 'permission_error' }[status] ?? 'invalid_request_error';
    throw new Refusal(status, type, 'conversation_unknown', 'There is no such conversation.', 'conversation_id');
  },

  checkBody({ body }) {
    if (body === undefined || body === null) throw invalid(this, 'body is required.', 'body', 'parameter_missing');
    if (typeof body !== 'string') throw invalid(this, 'body must be a string.', 'body');
    if (body === '' && this.choices.emptyBody === 'refuse') throw invalid(this, 'body must not be empty.', 'body');
    if (this.bodyLength(body) > 4096) throw invalid(this, 'body has more than 4096 characters.', 'body', 'too_long');
    this.checkCharacters(body, 'body');
  },

  bodyLength(body) {
    if (this.choices.bodyUnit === 'utf16') return body.length;
    let n = 0;
    for (const _ of body) n += 1;
    return n;
  },

  checkCharacters(text, param) {
    if (this.choices.surrogates === 'refuse' && !text.isWellFormed()) throw invalid(this, `${param} holds half a surrogate pair.`, param);
    if (this.choices.control === 'refuse' && CONTROL.test(text)) throw invalid(this, `${param} holds a control character.`, param);
  },

  checkType({ type }) {
    if (type === undefined) return 'text';
    if (typeof type !== 'string') throw invalid(this, 'type must be a string.', 'type');
    if (!['text', 'image', 'template'].includes(type)) throw invalid(this, 'type must be text, image or template.', 'type');
    return type;
  },

  checkMedia({ type, media_url: url }) {
    if (url !== undefined && typeof url !== 'string') throw invalid(this, 'media_url must be a string.', 'media_url');
    if (type !== 'image') return;
    if (url === undefined) throw invalid(this, 'media_url is required for an image.', 'media_url', 'parameter_missing');
    if (!/^https?:\/\/\S+$/i.test(url) || !URL.canParse(url)) throw invalid(this, 'media_url must be a URL.', 'media_url');
  },

  checkMetadata({ metadata }) {
    if (metadata === undefined) return undefined;
    if (typeof metadata !== 'object' || Array.isArray(metadata)) throw invalid(this, 'metadata must be an object.', 'metadata');
    const open = [[metadata, 1]];
    while (open.length) {
      const [value, depth] = open.pop();
      if (depth > 200) throw invalid(this, 'metadata is nested too deeply.', 'metadata');
      if (typeof value === 'string') this.checkCharacters(value, 'metadata');
      if (typeof value === 'number' && !Number.isFinite(value)) throw invalid(this, 'metadata holds too large a number.', 'metadata');
      if (value === null || typeof value !== 'object') continue;
      for (const [key, inner] of Object.entries(value)) {
        if (!Array.isArray(value)) this.checkCharacters(key, 'metadata');
        open.push([inner, depth + 1]);
      }
    }
    return metadata;
  },
};

// Listing: the query, the page, the items.
import { Refusal, invalid } from './wire.mjs';

export const lists = {
  list(call, who) {
    const query = this.readQuery(call, who.account);
    const { records, hasMore } = this.page(who.account, query);
    return { status: 200, body: this.listView(records, hasMore, query, call) };
  },

  readQuery(call, account) {
    const given = this.parameters(call);
    return {
      given,
      conversation: this.readConversation(given, account),
      direction: this.readDirection(given),
      limit: this.readLimit(given),
      after: this.readCursor(given, account),
    };
  },

  /** The parameters as a Map; of repeated ones the first or the last, or a refusal. */
  parameters(call) {
    const given = new Map();
    for (const [name, value] of new URLSearchParams(call.search)) {
      if (given.has(name)) {
        if (this.choices.repeated === 'refuse') throw invalid(this, 'This parameter was given twice.', name);
        if (this.choices.repeated === 'first') continue;
      }
      given.set(name, value);
    }
    return given;
  },

  readConversation(given, account) {
    const id = given.get('conversation_id');
    if (id === undefined) return undefined;
    if (!account.conversations.has(id) && this.choices.unknownConversationList === 404) {
      throw new Refusal(404, 'not_found_error', 'conversation_unknown', 'There is no such conversation.', 'conversation_id');
    }
    return id;
  },

  readDirection(given) {
    const direction = given.get('direction');
    if (direction === undefined || direction === 'inbound' || direction === 'outbound') return direction;
    if (this.choices.badDirection === 'refuse') throw invalid(this, 'direction is inbound or outbound.', 'direction');
    return this.choices.badDirection === 'ignore' ? undefined : direction;
  },

  readLimit(given) {
    const text = given.get('limit');
    if (text === undefined) return 25;
    if (/^\d{1,9}$/.test(text) && Number(text) >= 1 && Number(text) <= 100) return Number(text);
    if (this.choices.limits === 'refuse') throw invalid(this, 'limit is an integer from 1 to 100.', 'limit');
    if (!/^[+-]?\d+$/.test(text)) return 25;
    return text.startsWith('-') || Number(text) < 1 ? 1 : 100;
  },

  readCursor(given, account) {
    const id = given.get('starting_after');
    if (id === undefined) return undefined;
    const record = this.byId.get(id);
    if (record && record.account === account && record.visibleAt <= Date.now()) return record;
    const status = this.choices.badCursor;
    throw new Refusal(status, status === 404 ? 'not_found_error' : 'invalid_request_error', 'cursor_unknown', 'starting_after names no message.', 'starting_after');
  },

  /** Everything of an account that can be seen, in the order of the list. */
  ordered(account) {
    const now = Date.now();
    const seen = this.sequences.get(account).filter((r) => r.visibleAt <= now);
    return this.choices.order === 'newest' ? seen.reverse() : seen;
  },

  matches(record, query) {
    return this.inConversation(record, query) && this.inDirection(record, query);
  },

  inConversation(record, { conversation }) {
    return conversation === undefined || record.conversation_id === conversation;
  },

  inDirection(record, { direction }) {
    return direction === undefined || record.direction === direction;
  },

  page(account, query) {
    const all = this.ordered(account, query);
    const from = query.after ? this.position(all, query.after, query) + 1 : 0;
    const rest = all.slice(from).filter((r) => this.matches(r, query));
    return { records: rest.slice(0, query.limit), hasMore: rest.length > query.limit };
  },

  position(all, cursor) {
    return all.indexOf(cursor);
  },

  listView(records, hasMore, query, call) {
    const view = { object: 'list', data: records.map((r) => this.itemView(r, query, call)), has_more: hasMore };
    if (this.choices.extra) view.url = '/v1/messages';
    return view;
  },

  /** What the list knows of a status: as old as the lag that is declared. */
  listedStatus(record) {
    const { lag } = this.choices;
    if (!lag) return record.status;
    const until = Date.now() - lag * 1000;
    let status = record.history[0].status;
    for (const step of record.history) if (step.at <= until) status = step.status;
    return status;
  },

  itemView(record, query, call) {
    const full = this.fullView(record, call);
    full.status = this.listedStatus(record);
    if (full.status !== 'failed' && full.error) {
      if (this.choices.absentOptionals === 'null') full.error = null;
      else delete full.error;
    }
    if (this.choices.items === 'full') return full;
    const names = ['id', 'body', 'direction', 'status', 'created_at'];
    if (this.choices.items === 'some') names.push('object', 'conversation_id', 'channel', 'metadata');
    return Object.fromEntries(names.filter((n) => Object.hasOwn(full, n)).map((n) => [n, full[n]]));
  },
};

// What the documentation leaves open, and how a seed settles it.

export const DOCUMENTED = {
  order: 'newest',            // of a list
  items: 'sparse',            // what a list item carries: the five documented fields, some more, or all
  sendStatus: 201,
  invalid: 400,               // status of a refused parameter
  unknownConversationSend: 404,
  unknownConversationList: 'empty',
  errorBody: 'documented',
  idForm: 'random',
  stampDigits: 0,
  stampZone: 'Z',
  limits: 'refuse',
  nulls: 'accept',
  unknownFields: 'ignore',
  ownedFields: 'ignore',
  control: 'echo',
  surrogates: 'refuse',
  emptyBody: 'refuse',
  noMetadata: 'empty',
  absentOptionals: 'absent',
  errorForm: 'object',
  pace: 'normal',
  initial: 'sent',
  inboundStatus: 'delivered',
  lag: 0,
  connection: 'keep',
  framing: 'length',
  gzip: false,
  head: 'serve',
  options: 'refuse',
  otherMethod: 405,
  extra: false,
  writers: 0,
  preexisting: 120,
  rateEvery: 0,
  prefix: '',
  bodyUnit: 'codepoints',
  bearerCase: 'insensitive',
  keyless: 401,
  challenge: true,
  badDirection: 'refuse',
  badCursor: 400,
  contentType: 415,
  repeated: 'last',
  json: 'compact',
  foreign: 404,
  trailingSlash: 404,
  conversationIds: 'conv',
  offers: 'all',
  declares: 'all',
};

// A value that stands twice is twice as likely.
const OPEN = {
  order: ['newest', 'oldest'],
  items: ['sparse', 'full', 'some'],
  sendStatus: [200, 201, 202],
  invalid: [400, 422],
  unknownConversationSend: [404, 404, 400, 422, 403],
  unknownConversationList: ['empty', 404],
  errorBody: ['documented', 'documented', 'message', 'problem', 'none'],
  idForm: ['random', 'counter', 'ulid', 'uuid', 'plain', 'base64'],
  stampDigits: [0, 3, 6, 9],
  stampZone: ['Z', 'Z', '+00:00', '-00:00', 'z', '+05:30'],
  limits: ['refuse', 'clamp'],
  nulls: ['accept', 'refuse'],
  unknownFields: ['ignore', 'ignore', 'refuse'],
  ownedFields: ['ignore', 'refuse'],
  control: ['echo', 'refuse'],
  surrogates: ['refuse', 'echo'],
  emptyBody: ['refuse', 'accept'],
  noMetadata: ['empty', 'null', 'absent'],
  absentOptionals: ['absent', 'null'],
  errorForm: ['object', 'string'],
  pace: ['normal', 'quick', 'instant', 'slow', 'never'],
  initial: ['queued', 'sent'],
  inboundStatus: ['delivered', 'read', 'sent', 'queued'],
  lag: [0, 0, 0.3, 0.8],
  connection: ['keep', 'keep', 'close'],
  framing: ['length', 'chunked'],
  gzip: [false, true],
  head: ['serve', 'refuse'],
  options: ['refuse', 'serve'],
  otherMethod: [405, 404],
  extra: [false, true],
  writers: [0, 0, 250, 90],
  preexisting: [0, 50, 120, 3000],
  rateEvery: [0, 0, 45],
  prefix: ['', '', '/sandbox', '/a/b~c'],
  bodyUnit: ['codepoints', 'codepoints', 'codepoints', 'utf16'],
  bearerCase: ['insensitive', 'strict'],
  keyless: [401, 401, 401, 403],
  challenge: [true, true, false],
  badDirection: ['refuse', 'refuse', 'refuse', 'ignore', 'nothing'],
  badCursor: [400, 404, 422],
  contentType: [415, 400, 'accept'],
  repeated: ['last', 'first', 'refuse'],
  json: ['compact', 'pretty', 'ascii'],
  foreign: [404, 404, 403],
  trailingSlash: [404, 'serve'],
  conversationIds: ['conv', 'thread', 'digits'],
  offers: ['all', 'all', 'all', 'no-publishable', 'no-other', 'neither'],
  declares: ['all', 'all', 'no-channel'],
};

/** A small generator of numbers in [0, 1) that a text decides. */
export function dice(text) {
  let state = 2166136261;
  for (const unit of text) state = Math.imul(state ^ unit.codePointAt(0), 16777619) >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

export function choose(seed) {
  if (seed === 'none') return { ...DOCUMENTED };
  const chosen = {};
  for (const key of Object.keys(DOCUMENTED)) {
    const values = OPEN[key];
    chosen[key] = values[Math.floor(dice(`${key}|${seed}`)() * values.length)];
  }
  if (chosen.unknownFields === 'refuse') chosen.ownedFields = 'refuse';
  return chosen;
}

/** The SHOULD clauses that a set of choices does not keep (warnings, never failures). */
export function deviations(c) {
  const list = [];
  const when = (condition, ...ids) => condition && list.push(...ids);
  when(c.errorBody !== 'documented', 'ERR-02', 'ERR-03');
  when(c.idForm === 'plain', 'SEND-02-S1');
  when(c.stampZone === '+05:30', 'SEND-02-S2');
  when(c.limits === 'clamp', 'LIST-05-S');
  when(c.bodyUnit === 'utf16', 'SEND-05-S');
  when(c.keyless === 403, 'AUTH-01-S', 'AUTH-02-S', 'ERR-03');
  when(!c.challenge && c.keyless === 401, 'AUTH-03');
  when(c.badDirection !== 'refuse', 'LIST-07-S');
  when(c.contentType === 'accept', 'SEND-18');
  return [...new Set(list)].sort();
}

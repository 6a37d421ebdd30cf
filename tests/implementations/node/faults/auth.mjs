import { Refusal, fault, isItem, itemId, keyOf, mainKey, tokenOf, wrap } from './tools.mjs';

/** Have `change(refusal, call)` called for whoever has no good key; what it returns is who they are, if anything. */
function forStrangers(app, change) {
  wrap(app, 'identify', async (was, call) => {
    try {
      return await was(call);
    } catch (refusal) {
      if (!(refusal instanceof Refusal)) throw refusal;
      const who = await change(refusal, call);
      if (who) return who;
      throw refusal;
    }
  });
}

const secretly = (app, call, who) => {
  try { app.keep(app.draft(app.parsePayload(call), who.account)); } catch { /* as if nothing were */ }
};

export default [
  fault('key-with-a-tail', 'AUTH-02', 'A token that merely begins with a good key is taken for it.', (app) => {
    forStrangers(app, (_, call) => [...app.world.keys.values()].find((k) => tokenOf(call).startsWith(k.key)));
  }),
  fault('empty-token-is-default-account', 'AUTH-02', 'An empty Bearer token equals the unset key of the settings and opens the account.', (app) => {
    forStrangers(app, (_, call) => (/^bearer *$/i.test(call.headers.authorization ?? 'none') ? mainKey(app) : undefined));
  }),
  fault('no-header-crashes', 'AUTH-01 ERR-01', 'A request without an Authorization header ends in a TypeError and a 500.', (app) => {
    wrap(app, 'identify', (was, call) => {
      call.headers.authorization.split(' ');
      return was(call);
    });
  }),
  fault('basic-passes', 'AUTH-02', 'Any Basic credentials are let through as the first account.', (app) => {
    forStrangers(app, (_, call) => (/^basic ./i.test(call.headers.authorization ?? '') ? mainKey(app) : undefined));
  }),
  fault('checks-before-key', 'AUTH-01 AUTH-02', 'Payload and id are checked before the key: without one, a bad payload answers 400 and an unknown id 404.', (app) => {
    forStrangers(app, (_, call) => {
      if (call.method === 'POST' && !isItem(call)) app.draft(app.parsePayload(call), app.world.main);
      if (call.method === 'GET' && isItem(call)) app.find(itemId(call), mainKey(app));
    });
  }),
  fault('filtered-list-is-open', 'AUTH-01 AUTH-02', 'A list that is filtered by conversation needs no key.', (app) => {
    forStrangers(app, (_, call) => (call.method === 'GET' && /conversation_id=/.test(call.search) && !isItem(call) ? mainKey(app) : undefined));
  }),
  fault('refusal-carries-list', 'AUTH-01 AUTH-02', 'The list of messages is refused with 401, and yet stands in the body of the refusal.', (app) => {
    wrap(app, 'refused', (was, call, refusal) => {
      const answer = was(call, refusal);
      if (refusal.status !== 401 || call.method !== 'GET' || isItem(call) || !answer.bytes) return answer;
      const leaked = app.list({ ...call, search: '' }, mainKey(app)).body;
      return { ...answer, bytes: Buffer.from(JSON.stringify({ ...JSON.parse(answer.bytes), ...leaked })) };
    });
  }),
  fault('retrieved-once-open-for-all', 'AUTH-01 AUTH-02 AUTH-05', 'An id that was once retrieved with its key is afterwards answered from a cache to anybody.', (app) => {
    const opened = new Set();
    wrap(app, 'retrieve', (was, call, who, id) => {
      const answer = was(call, who, id);
      opened.add(id);
      return answer;
    });
    wrap(app, 'find', (was, id, who) => {
      if (opened.has(id)) return app.byId.get(id);
      return was(id, who);
    });
    forStrangers(app, (_, call) => (call.method === 'GET' && isItem(call) && opened.has(itemId(call)) ? mainKey(app) : undefined));
  }),
  fault('keyless-send-is-kept', 'AUTH-01 AUTH-02 SEND-14', 'A send without a good key is refused, and sent.', (app) => {
    forStrangers(app, (_, call) => {
      if (call.method === 'POST' && !isItem(call)) secretly(app, call, mainKey(app));
    });
  }),
  fault('unknown-key-reads', 'AUTH-02', 'Any token that has the form of a key (sk_... or pk_...) may read.', (app) => {
    forStrangers(app, (_, call) => (/^[sp]k_\w+$/.test(tokenOf(call)) && call.method === 'GET' ? keyOf(app, app.world.publishable) : undefined));
  }),
  fault('publishable-sends', 'AUTH-04', 'A publishable key may send.', (app) => { app.mayWrite = () => {}; }),
  fault('publishable-send-is-kept', 'AUTH-04 SEND-14', 'A send with a publishable key is refused with 403, and sent.', (app) => {
    wrap(app, 'mayWrite', (was, call, who) => {
      if (who.readOnly) secretly(app, call, who);
      return was(call, who);
    });
  }),
  fault('publishable-cannot-retrieve', 'AUTH-04', 'A publishable key may list, but not retrieve.', (app) => {
    wrap(app, 'retrieve', (was, call, who, id) => {
      if (who.readOnly) throw new Refusal(403, 'permission_error', 'key_reads_only', 'This key may not do that.');
      return was(call, who, id);
    });
  }),
  fault('publishable-send-401', 'AUTH-04', 'A send with a publishable key answers 401 rather than 403.', (app) => {
    wrap(app, 'mayWrite', (was, call, who) => {
      if (who.readOnly) throw app.unidentified(call);
    });
  }),
  fault('other-account-retrieves', 'AUTH-05', 'Retrieving by id does not look at the account.', (app) => {
    app.find = (id) => {
      const record = app.byId.get(id);
      if (!record) throw app.notFound();
      return record;
    };
  }),
  fault('foreign-cursor-leads-on', 'AUTH-05', 'A list continues in the account that the cursor belongs to.', (app) => {
    wrap(app, 'readCursor', (was, given, account) => app.byId.get(given.get('starting_after')) ?? was(given, account));
    wrap(app, 'page', (was, account, query) => was(query.after?.account ?? account, query));
  }),
  fault('foreign-conversation-filter', 'AUTH-05 LIST-06', "A list filtered by another account's conversation shows its messages.", (app) => {
    wrap(app, 'page', (was, account, query) => was(app.world.accounts.find((a) => a.conversations.has(query.conversation)) ?? account, query));
  }),
  fault('direction-index-is-global', 'AUTH-05', 'A list filtered by direction alone shows the messages of every account.', (app) => {
    wrap(app, 'ordered', (was, account, query) => {
      if (!query.direction || query.conversation !== undefined) return was(account, query);
      const every = app.world.accounts.flatMap((a) => app.sequences.get(a)).sort((a, b) => a.micros - b.micros || a.seq - b.seq);
      return app.choices.order === 'newest' ? every.reverse() : every;
    });
    wrap(app, 'readCursor', (was, given, account) => {
      const record = app.byId.get(given.get('starting_after'));
      return record && given.has('direction') ? record : was(given, account);
    });
  }),
  fault('refusal-repeats-key', 'AUTH-06', 'The message of a 401 or 403 repeats the key that was presented.', (app) => {
    wrap(app, 'refused', (was, call, refusal) => {
      const token = tokenOf(call);
      if (token && (refusal.status === 401 || refusal.status === 403)) refusal.message = `The key ${token} is not good for this.`;
      return was(call, refusal);
    });
  }),
  fault('list-header-repeats-key', 'AUTH-06', 'A list comes with a Link header in which the key is a parameter.', (app) => {
    wrap(app, 'list', (was, call, who) => {
      const answer = was(call, who);
      return { ...answer, headers: { Link: `</v1/messages?key=${who.key}>; rel="self"` } };
    });
  }),
  fault('no-challenge', 'AUTH-03', 'A 401 comes without WWW-Authenticate.', (app) => { app.choices.challenge = false; }),
  fault('keyless-400', 'AUTH-01 AUTH-01-S ERR-03', 'A request without any Authorization header answers 400, as a missing parameter would.', (app) => {
    forStrangers(app, (_, call) => {
      if (call.headers.authorization === undefined) throw new Refusal(400, 'invalid_request_error', 'header_missing', 'Authorization is missing.', 'Authorization');
    });
  }),
];

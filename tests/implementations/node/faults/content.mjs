// Body and metadata: what is refused, what is changed, what is lost.
import { Refusal, fault, numbering, wrap } from './tools.mjs';
import { invalid } from '../wire.mjs';

const bodyAs = (change) => (app) => {
  wrap(app, 'makeRecord', (was, draft) => was(draft.past || typeof draft.body !== 'string' ? draft : { ...draft, body: change(draft.body) }));
};
const metadataAs = (change) => (app) => {
  wrap(app, 'checkMetadata', (was, p) => {
    const metadata = was(p);
    return metadata === undefined ? undefined : change(metadata);
  });
};
const mapped = (object, change) => Object.fromEntries(Object.entries(object).map(([k, v]) => change(k, v)).filter(Boolean));

export default [
  // the limit
  fault('limit-in-bytes', 'SEND-05', 'The limit of 4096 is counted in bytes of UTF-8.', (app) => { app.bodyLength = (body) => Buffer.byteLength(body); }),
  fault('limit-in-utf16', 'SEND-05-S', 'The limit of 4096 is counted with String.length.', (app) => { app.bodyLength = (body) => body.length; }),
  fault('limit-off-by-one', 'SEND-05', 'A body of exactly 4096 characters is refused.', (app) => { wrap(app, 'bodyLength', (was, body) => was(body) + 1); }),
  fault('limit-4100', 'SEND-05', 'Bodies of up to 4100 characters are accepted.', (app) => { wrap(app, 'bodyLength', (was, body) => was(body) - 4); }),
  fault('limit-cuts', 'SEND-05', 'A body that is too long is cut to 4096 characters instead of refused.', (app) => {
    wrap(app, 'checkBody', (was, p) => {
      if (typeof p.body === 'string') p.body = [...p.body].slice(0, 4096).join('');
      return was(p);
    });
  }),
  fault('limit-not-for-astral', 'SEND-05', 'Surrogate pairs are cut out before the characters are counted: any number of emoji is accepted.', (app) => {
    wrap(app, 'bodyLength', (was, body) => was(body.replace(/[\ud800-\udbff][\udc00-\udfff]/g, '')));
  }),
  fault('limit-not-for-images', 'SEND-05', 'An image may have a caption of any length.', (app) => {
    wrap(app, 'checkBody', (was, p) => (p.type === 'image' && typeof p.body === 'string' ? undefined : was(p)));
  }),
  fault('limit-ignores-blanks', 'SEND-05', 'The limit is counted after trimming: 4096 letters and a blank are accepted.', (app) => {
    wrap(app, 'bodyLength', (was, body) => was(body.trim()));
  }),

  // other bodies
  fault('body-number-becomes-text', 'SEND-07', 'A body that is a number or a boolean is turned into a string.', (app) => {
    wrap(app, 'checkBody', (was, p) => {
      if (['number', 'boolean'].includes(typeof p.body)) p.body = String(p.body);
      return was(p);
    });
  }),
  fault('body-null-is-null', 'SEND-07', 'A body of null is sent as "null".', (app) => {
    wrap(app, 'checkBody', (was, p) => {
      if (p.body === null) p.body = 'null';
      return was(p);
    });
  }),
  fault('body-not-needed-for-images', 'SEND-07', 'An image may come without a body.', (app) => {
    wrap(app, 'checkBody', (was, p) => {
      if (p.type === 'image' && p.body === undefined) { p.body = ''; return undefined; }
      return was(p);
    });
  }),
  fault('body-list-joined', 'SEND-07', 'A body that is a list of strings is joined.', (app) => {
    wrap(app, 'checkBody', (was, p) => {
      if (Array.isArray(p.body) && p.body.length) p.body = p.body.join(',');
      return was(p);
    });
  }),

  // changed bodies
  fault('body-trimmed', 'SEND-11-S', 'White space before and after the body is cut off.', bodyAs((body) => body.trim() || body)),
  fault('body-composed', 'SEND-11', 'The body is normalised to NFC: combining characters merge.', bodyAs((body) => body.normalize('NFC'))),
  fault('body-lines-merged', 'SEND-11', 'A line break in the body becomes a blank.', bodyAs((body) => body.replace(/\r?\n/g, ' '))),
  fault('body-dollar-pattern', 'SEND-11', 'The body is put into a template by String.replace: "$$" becomes "$" and "$&" the placeholder.', bodyAs((body) => '%s'.replace('%s', body))),
  fault('body-template-filled', 'SEND-11', '{{name}} and ${name} in a body are filled in, with nothing.', bodyAs((body) => body.replace(/\{\{\s*[\w.*+ ]+\s*\}\}|\$\{[^}]*\}/g, ''))),
  fault('body-cut-at-emoji', 'SEND-11 SEND-02', 'The body ends before its first character beyond the BMP, as in a column of three-byte UTF-8.', bodyAs((body) => body.split(/[\u{10000}-\u{10ffff}]/u)[0])),
  fault('body-quotes-curled', 'SEND-11', 'Straight double quotes come back curled.', bodyAs((body) => body.replace(/"([^"]*)"/g, '“$1”'))),
  fault('body-bidi-stripped', 'SEND-11', 'Joiners and direction marks (U+200B to U+200F, U+202A to U+202E) are stripped as invisible.', bodyAs((body) => body.replace(/[\u200b-\u200f\u202a-\u202e]/g, ''))),
  fault('body-tags-stripped', 'SEND-11', 'HTML tags are removed from the body.', bodyAs((body) => body.replace(/<\/?[a-z][^>]*>/gi, ''))),
  fault('body-escaped-in-lists', 'LIST-02 GET-04', 'In lists, and only there, & < > and " in the body are HTML entities.', (app) => {
    const entities = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
    wrap(app, 'itemView', (was, record, query, call) => {
      const view = was(record, query, call);
      return { ...view, body: view.body.replace(/[&<>"]/g, (c) => entities[c]) };
    });
  }),
  fault('body-preview-in-lists', 'LIST-02 GET-04', 'Lists show no more than the first 160 characters of a body.', (app) => {
    wrap(app, 'itemView', (was, record, query, call) => {
      const view = was(record, query, call);
      return { ...view, body: [...view.body].slice(0, 160).join('') };
    });
  }),
  fault('control-character-500', 'SEND-11 ERR-01', 'A NUL or another control character in a body ends in a 500 of the database.', (app) => {
    wrap(app, 'checkBody', (was, p) => {
      was(p);
      if (/[\u0000-\u0008\u000e-\u001f]/.test(p.body)) throw new TypeError('invalid byte sequence');
    });
  }),
  fault('lone-surrogate-500', 'SEND-11 ERR-01', 'A lone surrogate in a body makes encodeURIComponent throw: 500.', (app) => {
    wrap(app, 'checkBody', (was, p) => {
      if (typeof p.body === 'string') encodeURIComponent(p.body);
      return was(p);
    });
  }),

  // metadata
  fault('metadata-list', 'SEND-09', 'typeof [] is object: metadata may be an array.', (app) => {
    wrap(app, 'checkMetadata', (was, p) => (Array.isArray(p.metadata) ? p.metadata : was(p)));
  }),
  fault('metadata-text-spread', 'SEND-09', 'metadata that is a string is spread into its letters.', (app) => {
    wrap(app, 'checkMetadata', (was, p) => (typeof p.metadata === 'string' ? { ...p.metadata } : was(p)));
  }),
  fault('metadata-scalar-is-none', 'SEND-09', 'metadata of 0, "", true or false counts as none, for only objects are looked at.', (app) => {
    wrap(app, 'checkMetadata', (was, p) => (typeof p.metadata === 'boolean' || !p.metadata ? undefined : was(p)));
  }),
  fault('metadata-values-become-text', 'SEND-10-S', 'Values of metadata become strings.', metadataAs((m) => mapped(m, (k, v) => [k, String(v)]))),
  fault('metadata-second-level-lost', 'SEND-10-S', 'Objects within metadata come back empty.', metadataAs((m) => mapped(m, (k, v) => [k, v && typeof v === 'object' && !Array.isArray(v) ? {} : v]))),
  fault('metadata-proto-lost', 'SEND-10-S', 'metadata is copied by assignment: the key __proto__ is lost.', metadataAs((m) => {
    const copy = {};
    for (const k of Object.keys(m)) copy[k] = m[k];
    return { ...copy };
  })),
  fault('metadata-keys-lowered', 'SEND-10 SEND-02', 'Keys of metadata come back in lower case.', metadataAs((m) => mapped(m, (k, v) => [k.toLowerCase(), v]))),
  fault('metadata-empty-values-lost', 'SEND-10', 'Entries of metadata whose value is the empty string are dropped.', metadataAs((m) => mapped(m, (k, v) => (v === '' ? undefined : [k, v])))),
  fault('metadata-falsy-lost', 'SEND-10-S', 'Entries of metadata whose value is 0, false or null are dropped.', metadataAs((m) => mapped(m, (k, v) => (v || v === '' ? [k, v] : undefined)))),
  fault('metadata-values-cut', 'SEND-10', 'Values of metadata are cut to 40 characters.', metadataAs((m) => mapped(m, (k, v) => [k, typeof v === 'string' ? v.slice(0, 40) : v]))),
  fault('metadata-keys-ascii', 'SEND-10-S', 'Characters beyond ASCII in keys of metadata become "_".', metadataAs((m) => mapped(m, (k, v) => [k.replace(/[^\x20-\x7e]/g, '_'), v]))),
  fault('metadata-ten-at-most', 'SEND-10', 'Of metadata only the first ten entries are kept.', metadataAs((m) => Object.fromEntries(Object.entries(m).slice(0, 10)))),
  fault('metadata-constructor-refused', 'SEND-10-S', 'A key of metadata that Object.prototype has ("constructor") is refused.', (app) => {
    wrap(app, 'checkMetadata', (was, p) => {
      const metadata = was(p);
      for (const k of Object.keys(metadata ?? {})) if (k in Object.prototype) throw invalid(app, 'This key is reserved.', 'metadata');
      return metadata;
    });
  }),
  fault('metadata-shared-default', 'SEND-02 SEND-10 GET-02', 'A message without metadata gets an object that all such messages of its conversation share, and the metadata of the next one is merged into it.', (app) => {
    const shared = new Map();
    wrap(app, 'draft', (was, payload, account) => {
      const draft = was(payload, account);
      if (!shared.has(draft.conversation)) shared.set(draft.conversation, {});
      draft.metadata = Object.assign(shared.get(draft.conversation), draft.metadata);
      return draft;
    });
  }),
  fault('metadata-not-kept-for-templates', 'SEND-10 GET-02', 'A template answers with its metadata, but keeps none.', (app) => {
    wrap(app, 'retrieveView', (was, record, call) => {
      const view = was(record, call);
      if (record.type === 'template') view.metadata = {};
      return view;
    });
  }),
  fault('third-metadata-of-second', 'SEND-10 SEND-02', 'From the third send in a conversation on, the metadata is that of the second.', (app) => {
    const number = numbering();
    const second = new Map();
    wrap(app, 'makeRecord', (was, draft) => {
      const record = was(draft);
      if (draft.past || record.direction !== 'outbound') return record;
      const n = number(record);
      if (n === 2) second.set(record.conversation_id, record.metadata);
      if (n > 2) record.metadata = second.get(record.conversation_id);
      return record;
    });
  }),
  fault('metadata-proto-500', 'SEND-10-S ERR-01', 'A key __proto__ or toString in metadata ends in a 500.', (app) => {
    wrap(app, 'checkMetadata', (was, p) => {
      const metadata = was(p);
      for (const k of Object.keys(metadata ?? {})) if (k === '__proto__' || k === 'toString') throw new TypeError('not a function');
      return metadata;
    });
  }),
  fault('metadata-nested-refused', 'SEND-10-S', 'metadata with a value that is an object or an array is refused.', (app) => {
    wrap(app, 'checkMetadata', (was, p) => {
      const metadata = was(p);
      if (Object.values(metadata ?? {}).some((v) => v && typeof v === 'object')) {
        throw new Refusal(app.choices.invalid, 'invalid_request_error', 'metadata_nested', 'Values are strings.', 'metadata');
      }
      return metadata;
    });
  }),
];

/** Which tasks a request is about: one that the user named, or a whole group. */
export type Target =
  | { readonly kind: 'named'; readonly name: string }
  | { readonly kind: 'group'; readonly status: 'all' | 'open' | 'completed' };

export type Intent =
  | { readonly kind: 'add'; readonly titles: readonly string[] }
  | { readonly kind: 'list'; readonly status: 'all' | 'open' | 'completed' }
  | { readonly kind: 'manage' }
  | { readonly kind: 'complete' | 'delete'; readonly target: Target }
  /** Something is to be added, and it is not said what. */
  | { readonly kind: 'ask' }
  | { readonly kind: 'theme'; readonly theme: 'light' | 'dark' }
  | { readonly kind: 'chart' }
  | { readonly kind: 'picture' }
  | { readonly kind: 'sources' }
  | { readonly kind: 'help' }
  | { readonly kind: 'other' };

const NOUN = '(?:tasks?|to-?dos?|to-do items?|items?|reminders?)';
const LIST = '(?:(?:my|the|our) )?(?:(?:task|to-?do|shopping|check)[ -]?lists?|lists?|tasks|to-?dos?)';

const POLITE =
  /^(?:(?:ok(?:ay)?|hey|hi|hello|please|now|then|and|so|well|also)[,!]?\s+|(?:can|could|would|will) you (?:please )?|i(?:'d| would) like (?:you )?to |i want (?:you )?to |let'?s |just )+/i;

interface Rule {
  readonly pattern: RegExp;
  readonly intent: (match: RegExpExecArray) => Intent | undefined;
}

const PLURAL = /\b(?:tasks|to-?dos|items|reminders)\b/i;

const rule = (source: string, intent: Rule['intent']): Rule => ({
  pattern: new RegExp(`^(?:${source})$`, 'is'),
  intent,
});
const add = (match: RegExpExecArray): Intent | undefined => {
  const words = match[1] ?? '';
  const before = match[0].slice(0, match[0].lastIndexOf(words));
  const titles = toTitles(words, PLURAL.test(before));
  return titles.length === 0 ? undefined : { kind: 'add', titles };
};
const complete = (match: RegExpExecArray) => change('complete', match[1]);
const remove = (match: RegExpExecArray) => change('delete', match[1]);
const list = (status: 'all' | 'open' | 'completed') => (): Intent => ({ kind: 'list', status });

const theme = (match: RegExpExecArray): Intent => ({
  kind: 'theme',
  theme: match[1]?.toLowerCase() === 'dark' ? 'dark' : 'light',
});

/** The first that matches counts, so the narrow ones come first. */
const RULES: readonly Rule[] = [
  rule(
    '(?:(?:switch|change|turn|go|use|set|make|enable)(?: it| the theme| the page| this page)?(?: to| on| into)?(?: the)? )?(dark|light)(?: mode| theme| colou?rs)?',
    theme,
  ),
  rule(
    `(?:show|draw|make|give|plot)(?: me)?(?: a| the)? (?:chart|graph|diagram|statistics)(?: (?:of|about|for) .+)?`,
    () => ({
      kind: 'chart',
    }),
  ),
  rule(`(?:chart|graph|plot) ${LIST}`, () => ({ kind: 'chart' })),
  rule('(?:draw|paint|sketch)(?: .+)?', () => ({ kind: 'picture' })),
  rule(
    '(?:show|make|create|generate|give)(?: me)?(?: a| an| the| some)? (?:picture|image|drawing|painting)s?(?: of .+)?',
    () => ({ kind: 'picture' }),
  ),
  rule(
    '(?:what are|show(?: me)?|name|give(?: me)?) (?:your|the|some) sources|(?:what is|how does|tell me about|explain) chat ?kit(?: gateway)?(?: works?)?',
    () => ({ kind: 'sources' }),
  ),
  rule(`(?:add|create|make|new)(?: me)?(?: a| an| the| another)?(?: new)? ${NOUN}|remind me`, () => ({
    kind: 'ask',
  })),
  rule(
    '(?:help(?: me)?|what can you do|what do you do|how (?:does this|do you) work|who are you|what are you)',
    () => ({
      kind: 'help',
    }),
  ),
  rule(`(?:help me )?(?:to )?(?:manage|organi[sz]e|sort(?: out)?|handle|work on) ${LIST}`, () => ({
    kind: 'manage',
  })),
  rule(`help(?: me)? with ${LIST}`, () => ({ kind: 'manage' })),
  rule(
    `(?:what|which)(?: of my)? ${NOUN} (?:are|have i|did i|is)? ?(?:done|completed?|finished?)`,
    list('completed'),
  ),
  rule(
    `(?:list|show|see|view|display|what are)(?: me)?(?: all)?(?: of)?(?: my| the)? (?:done|completed|finished) ${NOUN}`,
    list('completed'),
  ),
  rule(
    `(?:list|show|see|view|display|what are|which are)(?: me)?(?: all)?(?: of)?(?: my| the)? (?:open|pending|remaining|unfinished|outstanding) ${NOUN}`,
    list('open'),
  ),
  rule(`(?:which|what) ${NOUN} (?:are|is) (?:open|pending|left|remaining|not done)`, list('open')),
  rule(`what(?:'s| is| do i have)? (?:left|still open|next|to do)(?: to do)?(?: today)?`, list('open')),
  rule(
    `(?:list|show|see|view|display|read|check|tell|give)(?: me)?(?: all)?(?: of)?(?: my| the)? ?(?:${LIST}|${NOUN})`,
    list('all'),
  ),
  rule(
    `(?:what|which)(?:'s|'re| is| are| do i have)?(?: all)?(?: of)?(?: on| in)?(?: my| the)? ?(?:${LIST}|${NOUN})(?: (?:do i have|are there|have i got))?`,
    list('all'),
  ),
  rule('what (?:do|should|must) i (?:have to |need to )?do(?: today| next| now)?', list('open')),
  rule(
    `(?:do i have|have i got|are there|is there)(?: any| anything)? ?(?:open |on )?${LIST.replace('(?:(?:my', '(?:(?:any|my')}(?: left| open)?`,
    list('all'),
  ),
  rule(`(?:all )?(?:my )?(?:${NOUN}|${LIST})`, list('all')),

  rule(`mark (.+?) (?:as |to )?(?:be )?(?:done|complete[d]?|finished|checked|closed)`, complete),
  rule(`(?:check|tick|cross) off (.+)`, complete),
  rule(`(?:check|tick|cross) (.+?) off`, complete),
  rule(`(?:complete|finish|close|resolve) (.+)`, complete),
  rule(
    `(?:i(?:'ve| have)? |i'm |i am )(?:just |already )?(?:done with|finished with|finished|completed|done) (.+)`,
    complete,
  ),
  rule(`(?:done with|finished) (.+)`, complete),
  rule(`(.+?) (?:is|are|was) (?:done|completed?|finished)(?: now)?`, complete),

  rule(`(?:clear|empty|wipe) (?:all (?:of )?)?(${LIST})`, () => change('delete', 'all')),
  rule(
    `(?:delete|remove|drop|erase|discard|cancel|scratch|forget(?: about)?|get rid of|take) (.+?)(?: (?:from|off) ${LIST})?`,
    remove,
  ),

  rule(
    `(?:add|create|make|set up|put|write down|note down|note)(?: me)?(?: a| an| the| some| another)?(?: new| more)? ${NOUN}(?: (?:to|for|called|named|titled|saying|that says|about))?[:,]? +(?:to )?(.+?)(?: (?:to|on|in|onto) ${LIST})?`,
    add,
  ),
  rule(`(?:a )?new ${NOUN}(?: to| for)?[:,]? +(.+)`, add),
  rule(`${NOUN}: +(.+)`, add),
  rule(`(?:add|put|write|note)(?: down)? (.+?) (?:to|on|in|onto|into|as a) (?:${LIST}|${NOUN}|task)`, add),
  rule(`remind me(?: (?:to|about|of|that i (?:have|need) to))? (.+)`, add),
  rule(`(?:don'?t|do not) (?:let me )?forget (?:to |about )?(.+)`, add),
  rule(`i(?:'ve got| have| need| must|'ll have)(?: got)? to (.+)`, add),
  rule(`(?:add|note(?: down)?|jot down) (.+)`, add),

  rule('(?:hi|hello|hey|good (?:morning|afternoon|evening))(?: there)?', () => ({ kind: 'help' })),
];

/** Longer messages are no task requests, and matching stays quick. */
const MAX_REQUEST_CHARS = 1_000;

/** What a person wants of the demo model, in plain English. */
export function toIntent(message: string): Intent {
  const text = message.replaceAll(/[‘’]/g, "'").replaceAll(/[“”„]/g, '"').replaceAll(/\s+/g, ' ').trim();
  if (text.length > MAX_REQUEST_CHARS) return { kind: 'other' };
  const bare = text.replace(POLITE, '').replace(/(?:,? (?:please|thanks|thank you))?[\s.!?]*$/i, '');
  for (const { pattern, intent } of RULES) {
    const match = pattern.exec(bare) ?? pattern.exec(text.replace(/[\s.!?]*$/, ''));
    const found = match === null ? undefined : intent(match);
    if (found !== undefined) return found;
  }
  return { kind: 'other' };
}

function change(kind: 'complete' | 'delete', words: string | undefined): Intent | undefined {
  const name = unquote(words ?? '')
    .replace(
      /^(?:(?:the|my|that|this) )?(?:task|to-?do|item|reminder)s? (?:(?:to|called|named|about) )?(?=\S)/i,
      '',
    )
    .replace(/^(?:my|the) (?=\S)/i, '')
    .replace(/ (?:task|to-?do|item|reminder)$/i, '');
  const group =
    /^(?:all|everything|all of (?:them|it)|every task|them all|(?:all )?(?:of )?(?:my |the )?(?:(open|completed|done|finished) )?(?:tasks|to-?dos|items|ones|list))$/i.exec(
      unquote(words ?? ''),
    );
  if (group !== null) {
    const word = group[1]?.toLowerCase();
    const status = word === undefined ? 'all' : word === 'open' ? 'open' : 'completed';
    return { kind, target: { kind: 'group', status } };
  }
  const clean = unquote(name);
  return clean === '' ? undefined : { kind, target: { kind: 'named', name: clean } };
}

/** "milk, eggs and bread" is three tasks; "buy milk and eggs" is one, unless tasks were announced. */
function toTitles(words: string, isPlural: boolean): string[] {
  const quoted = [...words.matchAll(/"([^"]+)"/g)].map((match) => match[1] ?? '');
  const isList = isPlural || /[,;]/.test(words);
  const parts = isList ? words.split(/\s*[,;]\s*(?:and )?|\s+and\s+(?=[^,;]*$)/) : [words];
  return (quoted.length > 0 ? quoted : parts)
    .map((part) => capitalise(unquote(part)))
    .filter((part) => part !== '');
}

function unquote(text: string): string {
  return text
    .trim()
    .replaceAll(/^["'`]+|["'`]+$/g, '')
    .trim();
}

function capitalise(text: string): string {
  const [first = ''] = text;
  return first.toUpperCase() + text.slice(first.length);
}

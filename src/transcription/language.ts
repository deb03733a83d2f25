/** What the transcription models of OpenAI take as a hint; other languages they find out themselves. */
const KNOWN: ReadonlySet<string> = new Set(
  (
    'af ar az be bg bs ca cs cy da de el en es et fa fi fr gl he hi hr hu hy id is it ja kk kn ko lt lv mi mk mr ms ne ' +
    'nl no pl pt ro ru sk sl sr sv sw ta th tl tr uk ur vi zh'
  ).split(' '),
);

/** Norwegian is asked for in either of its written forms, and spoken in one. */
const SPOKEN: Readonly<Record<string, string>> = { nb: 'no', nn: 'no' };

/**
 * The language that a user speaks, where `Accept-Language` names only one: a wrong hint is worse than none, and who
 * reads several languages may speak any of them.
 */
export function toLanguageHint(acceptLanguage: string): string | undefined {
  const languages = new Set<string>();
  for (const range of acceptLanguage.split(',')) {
    const [tag = ''] = range.trim().toLowerCase().split(';');
    const [primary = ''] = tag.trim().split('-');
    if (primary === '') continue;
    languages.add(SPOKEN[primary] ?? primary);
  }
  const [only, ...more] = languages;
  return only !== undefined && more.length === 0 && KNOWN.has(only) ? only : undefined;
}

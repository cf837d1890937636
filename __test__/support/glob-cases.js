'use strict';

/**
 * Generates patterns and paths on which this module's matcher must agree with minimatch.
 *
 * The same seed gives the same cases. Run as a program, this file writes minimatch's results to
 * fixtures/globs.json, which the Rust tests read.
 */

const { random } = require('./prng');
const fs = require('node:fs');
const path = require('node:path');
const { Minimatch } = require('minimatch');

const FIXTURE = path.join(__dirname, '..', 'fixtures', 'globs.json');

const words = (text) => text.trim().split(/\s+/);

const PATHS = [
  ...words(String.raw`
    a b ab abc A 1 10 a1 a-1 a_b é aé.png 😀 a😀b - _ a.mp3 b.mp3 a.MP3 a.jpg a.jpeg a.png a.json
    a.js a.min.js a.b.c mp3 a. .hidden .a ..a .a.mp3 ... . .. a..b .git/config a/.b a/.b/c
    .a/.b/c.mp3 a/b a/b/c a/b/c/d a/b.mp3 x/y/z/a.mp3 images/icon.png images/de/icon-108.png a/a/a
    a/ a/b/ a//b /a /a/b ./a ./a/b ../a a/./b a/../b x/a.mp3/ //a [a] [ ] {a,b} {a} a} (a) ( ) !a
    #a +a @a $a * ? ^ | , img01.png img1.png img10.png img007.png icon-108.png icon-512.png
    sounds/intro.mp3 foo bar foobar foo.bar foo.bar.baz foo/bar foo/baz/bar foo/.x/bar a[b
    undefined
  `),
  'a b',
];

/** Typical filters, and every construct with its edge cases. */
const HAND_PICKED = [
  ...words(String.raw`
    * *.mp3 *.jpg *.{jpg,png} *.{jp?(e)g,png} a.mp3 images/* images/** images/**/*.png **/*.mp3 **
    *.* icon-*.png icon-{108,512}.png img{01..10}.png img{1..10}.png *.MP3 !*.mp3 !!*.mp3 !!!a !
    !! #a # \#a !#a ? ?? ??? ?* *? *a* *** **** a** **a a**b **.mp3 *.*.* .* .*. !.*. .?* ./.*./b
    ..* .? */* */*/* a/* */b */ a/ /a /* //a a//b a///b ./a ./* ../* a/./b . **/a a/** a/**/
    a/**/b a/**/**/b **/** **/ /** **/* **/.* .*/** **/.b/** .. **/*/** a/*/c */**/c **/b/**/d
    **/? */** foo/**/bar **/@(a|.b)/** ***/a **a/b / [a] [ab] [a-c] [!a] [^a] [!a-c] [a-c]*
    *[0-9]* [[] []] []a] [!]] [!] [^] [] [ ] [a a] [a- [z-a] [a-] [-a] [!-a] [a-c-e] [--0] [\]]
    [\a-z] [a\-c] [[:alpha:]] [[:digit:]]* [![:upper:]] [[:alpha:][:digit:]] [:alpha:] [[.a.]]
    [a[b] [a-b][c] [.]a [.a]* [!a]* [*] [?] [a|b] [(]a) [)] [+]a [!!a] [^^] [a^] [{a,b}] [a/b] *[
    ?[ *[** [** [z-a]* *[z-a] [z-[z-a] [][a] [](] []*] []-a] [\d] [\x61-z] [é] [!é] [a-é] ?[😀]?
    😀 a[!b] [\ [a\ [\] [A-z] [9-0] [0-9][0-9] [!/] {a,b} a{b,c} {a} {} {}a {,} {,a} a{,b} {a,b
    a,b} {a,{b,c}} {{a,b},c} {{a,b}} {a},b} {a,b}{c,} {1..3} {3..1} {01..10} {1..10..2} {10..1..3}
    {a..c} {c..a} {a..e..2} {A..z} {1..a} {1..} {..1} {-1..1} {1..3..0} {1..3..-1} {001..3}
    {a..b..c} {a,b}$ \{a,b\} {a\,b} {a,b\} {a,\}} {*.mp3,*.png} {a,b}/c a/{b,c}/* {a/b,c} {a,a/b}
    *{,.mp3} {*,.*} {.*,*}.mp3 {!a,b} !{a,b} {#a,b} {**,a} {a/**,b} a{/,b} {,}a {a}{b,c} {a,,b}
    {1..3}{a,b} {[a,b]} {a,b}} {{a,b} }{a,b} {a..c}..{d..e} {\a,b} {(a,b)} {\\,a} {Z..a}* ?(a)
    *(a) +(a) @(a) !(a) ?(a|b) *(a|b) +(a|b)c @(a|b).mp3 !(a|b) !(a|b).mp3 (a) !(*.mp3) *.!(mp3)
    *.!(mp3|png) !(a)* *!(a) !(a)b a!(b) a!(b)c !(!(a)) !(!(a|b)) !() foo!(bar) !(foo)bar
    !(foo)!(bar) *(!(a)) +(!(a)|b) @(!(a)|!(b)) *(*.js|!(*.json)) *.!(x).!(y|z) +(a *(a|b !(a
    ?(a|b @( +() *() @() @(|a) @(a|) +(a)) (a|b) a|b | +(+(a)) *(a|*(b|c)) +(?(a)b) @(a|b|@(c|ab))
    !(@(a|b)*) +([a-c]) !([a-c]) *([!a]) @([)]) @([|]) @(\)) @(.a|b) ?(.)a *(.)a !(.a) .!(a)
    .@(a|hidden) !(.*) @(a/b) !(a/b) *(a/b|c) @(a|b)/c \@(a) !(a)/b **/!(a) !(*) !(**) !(?) +(*)
    +(?) @(*|.*) *(?) @(*.mp3|*.png) +(*.mp3) !(*.*) *(a|b x*(a|b\|c +(a|!(b !(a)+(b +(!(a)b !(a)[
    !(a)[z-a] [!(a)] *) *] *|a +(a*)|b) @(a* \a \* \? \[a] [\a] a\ \\ \.a \!a \!(a) a\b *\ \** *\*
    \{a,b} $a ^ ^a a$ . a.b a+b + ++ @ @a +a !a ~ é aé* ?é ( ) () \@* \@(a) \@a(b) a\@[b] [\@] *@
    *+a ?! *!a @* @? +*(a) ?(?(a)) ??(a) *?(a)*
  `),
  '',
  ' *.mp3 ',
  '\t*.mp3\n',
  ' #a',
  ' ',
  '\ufeffa',
  '${a,b}',
  'a b',
];

/** Pieces of generated patterns. The empty one is for `|` and `,` that nothing follows. */
const TEXTS = ['a', 'b', 'c', 'ab', 'foo', 'mp3', '1', '.', '-', '_', 'a.b', '.js', '', 'A', 'é'];
const CLASSES = words('[a] [a-c] [!a] [^a-b] [a.] []a] [z-a] [[:alpha:]] [ ] [\\]] [!] [0-9]');
const SETS = words('{1..3} {a..c} {01..03} {c..a} {a} { } {1..3..2} {,}');
const SIGNS = [...'*?[]!^-()|+@{},.\\/ab1#$é ', ...words('** !( @( *( +( ?( [! [^ /. \\\\ ..')];

class Generator {
  constructor(seed) {
    this.random = random(seed);
  }

  below(count) {
    return Math.floor(this.random() * count);
  }

  one(list) {
    return list[this.below(list.length)];
  }

  several(least, most, make) {
    return Array.from({ length: least + this.below(most - least + 1) }, make);
  }

  /** Returns a short pattern, since nested braces and groups make minimatch slow. */
  pattern() {
    for (;;) {
      const pattern = this.anyPattern();
      if (pattern.length <= 32) return pattern;
    }
  }

  anyPattern() {
    const sign = this.one(['', '', '', '', '', '', '!', '!!', './', '/']);
    if (this.random() < 0.25) return sign + this.several(1, 10, () => this.one(SIGNS)).join('');
    const parts = this.several(1, 3, () => (this.random() < 0.2 ? '**' : this.part(2)));
    return sign + parts.join(this.one(['/', '/', '/', '//'])) + this.one(['', '', '', '', '/']);
  }

  part(depth) {
    return this.several(1, 4, () => this.piece(depth)).join('');
  }

  piece(depth) {
    const kind = this.below(depth > 0 ? 12 : 8);
    if (kind < 4) return this.one(TEXTS);
    if (kind < 6) return this.one(['*', '*', '?', '**']);
    if (kind === 6) return this.one(CLASSES);
    if (kind === 7) return this.one(SETS);
    const inner = this.several(1, 3, () => this.part(depth - 1));
    if (kind === 8) return `{${inner.join(',')}}`;
    return `${this.one('?*+@!!')}(${inner.join('|')}${this.random() < 0.95 ? ')' : ''}`;
  }

  /** Returns a path that the pattern probably matches: text replaces wildcards. */
  pathFor(pattern) {
    const text = () => this.one(['a', 'b', 'ab', '.a', '', 'x.y', '1', 'foo', 'mp3', 'a/b']);
    const filled = pattern
      .replace(/^!+/, '')
      .replace(/\{([^{},]*),[^{}]*\}|[?*+@!]\(([^()|]*)[^()]*\)/g, (_, one, other) => one ?? other)
      .replace(/\*\*|\*|\?|\[[^\]]*\]/g, text)
      .replace(/[\\{}()|]/g, () =>
        this.random() < 0.8 ? '' : this.one(['a', '.', '/', ')', '}', '|']),
      );
    return brief(filled) || 'a';
  }

  path() {
    const parts = this.several(1, 3, () => this.several(1, 3, () => this.one(TEXTS)).join(''));
    return brief(parts.join('/')) || 'a';
  }
}

/** Shortens each part: with nested groups, each character doubles minimatch's time. */
function brief(file) {
  const parts = file.split('/').map((part) => part.slice(0, 9));
  return parts.slice(0, 5).join('/');
}

/** Returns minimatch's results as a string of 0 and 1. Backslashes escape, on Windows as well. */
function matchAll(pattern, paths) {
  const matcher = new Minimatch(pattern, { matchBase: true, allowWindowsEscape: true });
  return paths.map((file) => (matcher.match(file) ? '1' : '0')).join('');
}

/** Returns `[pattern, paths of its own]`; each pattern is also compared with each of PATHS. */
function cases(seed = 1, count = 700) {
  const generator = new Generator(seed);
  const generated = Array.from({ length: count }, () => {
    const pattern = generator.pattern();
    return [pattern, [generator.pathFor(pattern), generator.pathFor(pattern), generator.path()]];
  });
  return [...HAND_PICKED.map((pattern) => [pattern, []]), ...generated];
}

function fixture() {
  const lines = cases().map(([pattern, own]) =>
    JSON.stringify([pattern, own, matchAll(pattern, [...PATHS, ...own])]),
  );
  return `{\n"paths": ${JSON.stringify(PATHS)},\n"cases": [\n${lines.join(',\n')}\n]\n}\n`;
}

module.exports = { FIXTURE, Generator, fixture, matchAll };

if (require.main === module) fs.writeFileSync(FIXTURE, fixture());

import { describe, expect, it } from 'vitest';
import { UnderstudyError } from '../../../src/output/errors.js';
import { resolveSite } from '../../../src/site/resolve.js';

function refusedWith(definition: unknown): string {
  try {
    resolveSite(definition, '/srv/agency');
  } catch (error) {
    if (!(error instanceof UnderstudyError)) throw error;
    expect([error.code, error.kind]).toEqual(['definition-invalid', 'usage']);
    return error.message;
  }
  throw new Error('It was accepted.');
}

const prod = (environment: object) => ({ name: 'shop', environments: { prod: environment } });
const php = (app: object) => ({ name: 'shop', app: { kind: 'php', directory: './site', ...app } });

describe('a definition with only a name', () => {
  it('gets domains below localhost and the name as title', () => {
    const site = resolveSite({ name: 'shop' }, '/x');
    expect(site.environments.prod.domain).toBe('shop.localhost');
    expect(site.environments.dev.domain).toBe('dev.shop.localhost');
    expect(site.app).toMatchObject({ kind: 'wordpress', title: 'shop', source: 'auto' });
    expect(site.environments.prod.capacity).toEqual({
      ...{ min: 2, max: 4, requestsPerInstance: 500, scaleInSeconds: 60 },
    });
    expect(site.zones).toEqual(['a', 'b']);
  });
});

describe('a definition with everything', () => {
  const site = resolveSite(
    {
      name: 'shop',
      app: { kind: 'wordpress', source: { directory: 'wordpress' }, title: undefined },
      environments: {
        dev: { options: { blog_public: 0, nested: { list: [1, 'two', null] } } },
        prod: { domain: 'www.example.com', constants: { WP_DEBUG: false, RATE: 1.5, NONE: null } },
      },
      local: { httpPort: undefined },
    },
    '/srv/agency',
  );

  it('crosses a process boundary unchanged', () => {
    expect(JSON.parse(JSON.stringify(site))).toStrictEqual(site);
  });

  it('resolves to itself', () => {
    expect(resolveSite(site, '/elsewhere')).toStrictEqual(site);
  });

  it('has its paths resolved against its own folder', () => {
    expect(site.app).toMatchObject({ source: { directory: '/srv/agency/wordpress' } });
    const other = resolveSite(php({ staticFiles: { prod: { 'config.php': '../config.prod.php' } } }), '/srv/agency');
    expect(other.app).toMatchObject({
      directory: '/srv/agency/site',
      staticFiles: { dev: {}, prod: { 'config.php': '/srv/config.prod.php' } },
    });
  });
});

describe('a bad definition is refused, naming field, value and what would be right', () => {
  it.each<[string, unknown, ...string[]]>([
    ['nothing', undefined, 'the definition is missing; it must be an object'],
    ['a list', [], 'the definition is an empty list; it must be an object'],
    ['no name', {}, 'name is missing; it must be 1 to 31 lower-case letters'],
    ['a name with a path', { name: '../etc' }, 'name is "../etc"; it must be'],
    ['a name with shell characters', { name: 'a;rm -rf' }, 'name is "a;rm -rf"; it must be'],
    ['a name in upper case', { name: 'Shop' }, 'name is "Shop"'],
    ['a name that ends in a hyphen', { name: 'shop-' }, 'name is "shop-"'],
    ['a name with a line break', { name: 'shop\n' }, 'name is "shop\\n"'],
    ['an unknown field', { name: 'shop', promotions: {} }, 'promotions is not a field (did you mean promotion?)'],
    ['a field nothing is like', { name: 'shop', xyzzy: 1 }, 'xyzzy is not a field (known here: name, target, app,'],
    [
      'a field at another place',
      { name: 'shop', bakeSeconds: 1 },
      'bakeSeconds is not a field (it belongs at promotion.bakeSeconds)',
    ],
    [
      'an unknown environment',
      { name: 'shop', environments: { staging: {} } },
      'environments.staging is not a field (known here: dev, prod)',
    ],
    [
      'a mistyped inner field',
      prod({ capacity: { minimum: 1 } }),
      'environments.prod.capacity.minimum is not a field (did you mean min?)',
    ],
    [
      'a mistyped field in a list',
      { name: 'shop', promotion: { smokePages: [{ path: '/', stauts: 1 }] } },
      'promotion.smokePages[0].stauts is not a field (did you mean status?)',
    ],
    [
      'a wrong type',
      prod({ capacity: { min: 'two' } }),
      'environments.prod.capacity.min is "two"; it must be a number',
    ],
    [
      'half an instance',
      prod({ capacity: { min: 1.5 } }),
      'environments.prod.capacity.min is 1.5; it must be a whole number',
    ],
    ['no instance', prod({ capacity: { min: 0 } }), 'environments.prod.capacity.min is 0; it must be at least 1'],
    [
      'too many instances',
      prod({ capacity: { max: 21 } }),
      'environments.prod.capacity.max is 21; it must be at most 20',
    ],
    [
      'min above max',
      prod({ capacity: { min: 3, max: 2 } }),
      'environments.prod.capacity.min is 3, more than max, which is 2',
    ],
    [
      'min above the default max',
      prod({ capacity: { min: 5 } }),
      'environments.prod.capacity.min is 5, more than max, which is 4',
    ],
    ['an unknown zone', { name: 'shop', zones: ['d'] }, "zones[0] is \"d\"; it must be 'a', 'b' or 'c'"],
    ['a zone twice', { name: 'shop', zones: ['a', 'b', 'a'] }, 'zones names zone a twice'],
    ['no zone', { name: 'shop', zones: [] }, 'zones is an empty list; it must have at least 1 entry'],
    [
      'a domain twice',
      { name: 'shop', environments: { dev: { domain: 'x.com' }, prod: { domain: 'x.com' } } },
      'environments.prod.domain is "x.com", which dev has too',
    ],
    [
      "dev's domain being prod's default",
      { name: 'shop', environments: { dev: { domain: 'shop.localhost' } } },
      'environments.prod.domain is "shop.localhost", which dev has too',
    ],
    [
      'a URL as domain',
      prod({ domain: 'https://x.com/' }),
      'environments.prod.domain is "https://x.com/"; it must be a host name',
    ],
    ['a domain with a port', prod({ domain: 'x.com:80' }), 'it must be a host name'],
    ['an address as domain', prod({ domain: '127.0.0.1' }), 'it must be a host name'],
    [
      'an owned constant',
      prod({ constants: { DB_NAME: 'x' } }),
      'environments.prod.constants.DB_NAME is set by the platform: the platform connects',
    ],
    [
      'the address as constant',
      prod({ constants: { WP_HOME: 'x' } }),
      'environments.prod.constants.WP_HOME is set by the platform: the address follows',
    ],
    [
      'an owned option',
      prod({ options: { siteurl: 'x' } }),
      'environments.prod.options.siteurl is set by the platform',
    ],
    ['a transient', prod({ options: { _transient_x: 1 } }), "transients are kept in each instance's memory"],
    [
      'an option twice',
      prod({ options: { Blogname: 1, blogname: 2 } }),
      'environments.prod.options.blogname is the same option as Blogname',
    ],
    [
      'an option that is a constant',
      prod({ options: { WP_DEBUG: 1 }, constants: { WP_DEBUG: true } }),
      'environments.prod.options.WP_DEBUG is a constant too',
    ],
    [
      'a constant in lower case',
      prod({ constants: { wp_debug: true } }),
      'environments.prod.constants.wp_debug has a name that does not fit; it must be the name of a PHP constant',
    ],
    [
      'a list as constant',
      prod({ constants: { A: [1] } }),
      'environments.prod.constants.A is a list of 1; it must be text, a number, true, false or null',
    ],
    [
      'a function as option',
      prod({ options: { a: () => 1 } }),
      'environments.prod.options.a is a function; it must be plain data',
    ],
    [
      'NaN as constant',
      prod({ constants: { A: Number.NaN } }),
      'environments.prod.constants.A is a number; it must be text',
    ],
    [
      'options for PHP',
      { ...php({}), environments: { dev: { options: { a: 1 } } } },
      "environments.dev.options is for WordPress, and app.kind is 'php'",
    ],
    [
      'constants for PHP',
      { ...php({}), environments: { dev: { constants: { A: 1 } } } },
      'environments.dev.constants is for WordPress',
    ],
    [
      'one port for both',
      { name: 'shop', local: { httpPort: 8080, httpsPort: 8080 } },
      'local.httpsPort is 8080, like httpPort',
    ],
    [
      'a port that only root can bind',
      { name: 'shop', local: { httpPort: 80 } },
      'local.httpPort is 80; it must be at least 1024',
    ],
    ['no kind', { name: 'shop', app: {} }, "app.kind is missing; it must be 'wordpress' or 'php'"],
    [
      'an unknown kind',
      { name: 'shop', app: { kind: 'drupal' } },
      "app.kind is \"drupal\"; it must be 'wordpress' or 'php'",
    ],
    ['PHP without a folder', { name: 'shop', app: { kind: 'php' } }, 'app.directory is missing; it must be text'],
    ['a field of the other kind', php({ title: 'x' }), 'app.title is not a field (it is for another kind of app)'],
    [
      'a version that is none',
      { name: 'shop', app: { kind: 'wordpress', source: { version: 'latest' } } },
      'app.source.version is "latest"; it must be a version such as 6.8.1',
    ],
    [
      'a source of no known form',
      { name: 'shop', app: { kind: 'wordpress', source: { url: 'x' } } },
      "app.source is an object; it must be 'auto', { version: '6.8.1' }",
    ],
    [
      'a public path that leads outside',
      php({ publicPath: '../public' }),
      'app.publicPath is "../public"; it must be a path below the document root',
    ],
    ['an absolute media path', php({ mediaPath: '/uploads' }), 'app.mediaPath is "/uploads"; it must be a path below'],
    ['the document root as media path', php({ mediaPath: '.' }), 'app.mediaPath is "."; it must be a path below'],
    [
      'a static file outside',
      php({ staticFiles: { dev: { 'a/../../b': 'x' } } }),
      'app.staticFiles.dev["a/../../b"] has a name that does not fit; it must be a path below',
    ],
    [
      'a static file in the media',
      php({ mediaPath: 'up', staticFiles: { dev: { 'up/a': 'x' } } }),
      'app.staticFiles.dev["up/a"] lies in mediaPath (up)',
    ],
    [
      'a static file that is a folder',
      php({ staticFiles: { dev: { a: 'x', 'a/b': 'y' } } }),
      'app.staticFiles.dev.a is a file here and a folder in "a/b"',
    ],
    [
      'media excluded',
      { name: 'shop', promotion: { excludes: ['*.log', '/wp-content/uploads/'] } },
      'promotion.excludes[1] is "/wp-content/uploads/", which holds the media',
    ],
    [
      'media excluded by a name alone',
      { name: 'shop', promotion: { excludes: ['upload*'] } },
      'promotion.excludes[0] is "upload*", which holds the media',
    ],
    [
      'all that is in the media excluded',
      { name: 'shop', promotion: { excludes: ['wp-content/uploads/*'] } },
      'promotion.excludes[0] is "wp-content/uploads/*", which holds the media',
    ],
    [
      'a folder of the media excluded',
      { name: 'shop', promotion: { excludes: ['wp-content/**'] } },
      'promotion.excludes[0] is "wp-content/**", which holds the media',
    ],
    [
      'an exclude that leads outside',
      { name: 'shop', promotion: { excludes: ['../x'] } },
      'promotion.excludes[0] is "../x"; it must be a pattern',
    ],
    [
      'an empty exclude',
      { name: 'shop', promotion: { excludes: [' '] } },
      'promotion.excludes[0] is " "; it must be a pattern',
    ],
    [
      'a smoke page without a slash',
      { name: 'shop', promotion: { smokePages: [{ path: 'about' }] } },
      'promotion.smokePages[0].path is "about"; it must be the path of a URL',
    ],
    [
      'an empty title',
      { name: 'shop', app: { kind: 'wordpress', title: ' ' } },
      'app.title is " "; it must be a line of text',
    ],
    [
      'an e-mail address that is none',
      { name: 'shop', app: { kind: 'wordpress', adminEmail: 'me' } },
      'app.adminEmail is "me"; it must be an e-mail address',
    ],
    [
      'a table prefix with a quote',
      { name: 'shop', app: { kind: 'wordpress', tablePrefix: "wp'_" } },
      'app.tablePrefix is "wp\'_"',
    ],
  ])('%s', (_, definition, ...expected) => {
    const message = refusedWith(definition);
    for (const part of expected) expect(message).toContain(part);
  });

  it('several at once in one message', () => {
    const message = refusedWith({ nam: 'shop', zones: ['d'], promotion: { keepReleases: 1 } });
    expect(message).toContain('in 4 places');
    expect(message.split('\n')).toHaveLength(5);
  });
});

describe('an error never shows', () => {
  const secret = 'sk_live_0123456789';

  it.each<[string, unknown]>([
    ['a constant', prod({ constants: { API: [secret], lower: secret } })],
    ['an owned constant', prod({ constants: { DB_PASSWORD: secret } })],
    ['an option', prod({ options: { siteurl: secret, A: secret }, constants: { A: secret } })],
    ['a password in a URL', prod({ domain: `https://user:${secret}@example.com` })],
    ['an unknown field', { name: 'shop', adminPassword: secret }],
    ['a long text', { name: `${secret}${secret}${secret}` }],
  ])('%s whole', (_, definition) => {
    const message = refusedWith(definition);
    expect(message).not.toContain(`${secret}${secret}`);
    if (!message.includes('name is')) expect(message).not.toContain(secret);
  });

  it('a value of a thousand characters', () => {
    expect(refusedWith({ name: 'x'.repeat(1000) }).length).toBeLessThan(260);
  });
});

describe('what is accepted', () => {
  it.each<[string, unknown]>([
    [
      'excludes beside the media',
      {
        name: 'shop',
        promotion: {
          excludes: ['wp-content/cache/', '!keep.log', '*.log', 'wp-content/uploads-old', 'Uploads', 'uploads/cache'],
        },
      },
    ],
    ['one zone', { name: 'shop', zones: ['a'] }],
    ['an international domain in its ASCII form', prod({ domain: 'xn--bcher-kva.example' })],
    ['a single letter', { name: 'a' }],
    ['constants that WordPress leaves to people', prod({ constants: { WP_DEBUG: true, WP_MEMORY_LIMIT: '256M' } })],
    ['no bake', { name: 'shop', promotion: { bakeSeconds: 0 } }],
  ])('%s', (_, definition) => {
    expect(() => resolveSite(definition, '/x')).not.toThrow();
  });
});

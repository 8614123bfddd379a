import { expect, test } from 'vitest'
import { readFirewall } from '#electron/firewall.ts'

interface Computer {
  readonly platform: NodeJS.Platform
  readonly program?: string
  /** Output of a tool, by the end of its path and its first argument. */
  readonly tools?: Readonly<Record<string, string>>
  readonly files?: Readonly<Record<string, string>>
}

const read = ({ platform, program = '/opt/Earshot/earshot', tools = {}, files = {} }: Computer) =>
  readFirewall(8001, {
    platform,
    program,
    run: (file, args) => Promise.resolve(tools[`${file.split(/[/\\]/).at(-1)!} ${args[0]!}`] ?? null),
    readText: (path) => Promise.resolve(files[path] ?? null),
  })

const exe = String.raw`C:\Users\Ada\AppData\Local\Programs\Earshot\Earshot.exe`
const profile = (name: string, state = 'ON', policy = 'BlockInbound,AllowOutbound') =>
  `\r\n${name} Profile Settings: \r\n${'-'.repeat(70)}\r\nState                                 ${state}\r\n` +
  `Firewall Policy                       ${policy}\r\nLocalFirewallRules                    N/A (GPO-store only)\r\n`
const rule = (fields: string) => `    {1F2E}    REG_SZ    v2.32|${fields}|Name=Earshot|Desc=Earshot|\r\n`
/** Windows asks once, and makes a rule for TCP and one for UDP. */
const both = (fields: string) => rule(`Protocol=6|${fields}`) + rule(`Protocol=17|${fields}`)
const allow = `Action=Allow|Active=TRUE|Dir=In|Profile=Private|App=${exe}`
const block = allow.replace('Allow', 'Block')
const udpBlocked = rule(`Protocol=17|${block}`)
const windows = (profiles: string, rules: string) =>
  read({
    platform: 'win32',
    program: exe,
    tools: {
      'netsh.exe advfirewall': `${profiles}\r\nOk.\r\n\r\n`,
      'reg.exe query': `\r\nHKEY_LOCAL_MACHINE\\SYSTEM\\…\\FirewallRules\r\n${rules}\r\nEnd of search: 1 match(es) found.\r\n`,
    },
  })

test.each([
  ['the firewall is off', 'off', profile('Private', 'OFF'), ''],
  ['rules let the app through', 'lets-through', profile('Private'), both(allow)],
  ['rules are spelt in another case', 'lets-through', profile('Private'), both(allow.replace(exe, exe.toLowerCase()))],
  ['rules are for all profiles', 'lets-through', profile('Public'), both(allow.replace('|Profile=Private', ''))],
  ['one rule is for all protocols', 'lets-through', profile('Private'), rule(allow)],
  ['there is no rule', 'blocks', profile('Private'), ''],
  ['the rules are for another profile', 'blocks', profile('Public'), both(allow)],
  ['the rule is for UDP', 'blocks', profile('Private'), rule(`Protocol=17|${allow}`)],
  ['the rule is for TCP', 'unknown', profile('Private'), rule(`Protocol=6|${allow}`)],
  ['the rules are for another port', 'blocks', profile('Private'), both(`${allow}|LPort=8002`)],
  ['the rules are for going out', 'blocks', profile('Private'), both(allow.replace('Dir=In', 'Dir=Out'))],
  ['the rules are switched off', 'blocks', profile('Private'), both(allow.replace('TRUE', 'FALSE'))],
  ['the rules are for another copy of the app', 'blocks', profile('Private'), both(allow.replace('Ada', 'Bob'))],
  ['the person pressed Cancel', 'blocks', profile('Private'), both(block)],
  ['one rule allows, one blocks', 'blocks', profile('Private'), rule(allow) + rule(block)],
  ['TCP is allowed, UDP is blocked', 'unknown', profile('Private'), rule(allow) + udpBlocked],
  ['TCP is blocked, UDP is allowed', 'blocks', profile('Private'), rule(allow) + rule(`Protocol=6|${block}`)],
  ['everything is let in', 'lets-through', profile('Private', 'ON', 'AllowInbound,AllowOutbound'), ''],
  ['everything but UDP is', 'unknown', profile('Private', 'ON', 'AllowInbound,AllowOutbound'), udpBlocked],
  ['nothing is let in', 'blocks', profile('Private', 'ON', 'BlockInboundAlways,AllowOutbound'), both(allow)],
  ['two networks are treated alike', 'blocks', profile('Domain') + profile('Public'), both(allow)],
  ['two networks are treated differently', 'unknown', profile('Private') + profile('Public'), both(allow)],
  ['netsh speaks German', 'unknown', 'Private-Profileinstellungen:\r\nStatus    EIN\r\n', both(allow)],
  ['netsh says something else', 'unknown', 'The Windows Defender Firewall service is not running.', both(allow)],
] as const)('Windows: when %s, it is %s', async (_, wanted, profiles, rules) => {
  expect(await windows(profiles, rules)).toBe(wanted)
})

test('Windows: tools that do not answer tell nothing', async () => {
  expect(await read({ platform: 'win32', program: exe })).toBe('unknown')
  const tools = { 'netsh.exe advfirewall': profile('Private') }
  expect(await read({ platform: 'win32', program: exe, tools })).toBe('unknown')
})

const app = '/Applications/Earshot.app'
const listed = (path: string, answer: string) =>
  `Total number of apps = 2 \n1 : /usr/sbin/cupsd \n             (Allow incoming connections)\n\n2 : ${path} \n             (${answer} incoming connections)\n`
const mac = (state: string, apps = '') =>
  read({
    platform: 'darwin',
    program: `${app}/Contents/MacOS/Earshot`,
    tools: { 'socketfilterfw --getglobalstate': state, 'socketfilterfw --listapps': apps },
  })
const on = 'Firewall is enabled. (State = 1) '

test.each([
  ['it is off', 'off', 'Firewall is disabled. (State = 0)', listed(app, 'Block')],
  ['it blocks everything', 'blocks', 'Firewall is blocking all non-essential incoming connections. (State = 2)', ''],
  ['it lets the app through', 'lets-through', on, listed(app, 'Allow')],
  ['it lets the app’s helper through', 'lets-through', on, listed(`${app}/Contents/Frameworks/X.app`, 'Allow')],
  ['it blocks the app', 'blocks', on, listed(app, 'Block')],
  ['it knows another app of a similar name', 'unknown', on, listed(app.replace('.app', ' 2.app'), 'Block')],
  ['it does not know the app', 'unknown', on, ''],
  ['it says something else', 'unknown', 'Permission denied', ''],
] as const)('macOS: when %s, it is %s', async (_, wanted, state, apps) => {
  expect(await mac(state, apps)).toBe(wanted)
})

const idle = 'inactive\ninactive\ninactive\ninactive\n'
test.each([
  ['no firewall runs', 'off', idle, {}],
  ['ufw is installed and off', 'off', idle, { '/etc/ufw/ufw.conf': '# x\nENABLED=no\n' }],
  ['ufw is on', 'unknown', idle, { '/etc/ufw/ufw.conf': 'ENABLED=yes\n' }],
  [
    'ufw is on and lets everything in',
    'lets-through',
    idle,
    { '/etc/ufw/ufw.conf': 'ENABLED=yes\n', '/etc/default/ufw': 'DEFAULT_INPUT_POLICY="ACCEPT"\n' },
  ],
  [
    'ufw is on and drops what it does not know',
    'unknown',
    idle,
    { '/etc/ufw/ufw.conf': 'ENABLED=yes\n', '/etc/default/ufw': 'DEFAULT_INPUT_POLICY="DROP"\n' },
  ],
  ['firewalld runs', 'unknown', `active\n${idle.slice(9)}`, {}],
  ['nftables are loaded', 'unknown', 'inactive\nactive\ninactive\ninactive\n', {}],
  ['systemctl says something else', 'unknown', 'System has not been booted with systemd as init system', {}],
] as const)('Linux: when %s, it is %s', async (_, wanted, states, files) => {
  expect(await read({ platform: 'linux', tools: { 'systemctl is-active': states }, files })).toBe(wanted)
})

test('nothing is known of other systems, nor where no tool is there', async () => {
  expect(await read({ platform: 'freebsd' })).toBe('unknown')
  expect(await read({ platform: 'linux' })).toBe('unknown')
})

test('on this very computer it answers, whatever is there', async () => {
  expect(['off', 'lets-through', 'blocks', 'unknown']).toContain(await readFirewall(8001))
})

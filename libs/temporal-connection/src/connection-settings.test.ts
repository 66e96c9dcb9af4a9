import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TemporalUnreachable } from '@nacre/contracts/errors';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { connectionSettings } from './connection-settings.js';

let folder: string;
let TEMPORAL_CONFIG_FILE: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'nacre-settings-'));
  TEMPORAL_CONFIG_FILE = join(folder, 'temporal.toml');
  writeFileSync(
    TEMPORAL_CONFIG_FILE,
    `[profile.default]
address = "default.example:7233"
[profile.cloud]
address = "cloud.example:7233"
namespace = "team.abc"
api_key = "secret"
[profile.mutual]
address = "mutual.example:7233"
[profile.mutual.tls]
client_cert_path = "${folder}/absent.pem"
client_key_path = "${folder}/absent.key"
`,
  );
});
afterAll(() => rmSync(folder, { recursive: true }));

it('connects to the local default where nothing is set', () => {
  const settings = connectionSettings({ TEMPORAL_CONFIG_FILE: join(folder, 'absent.toml') });
  expect(settings).toMatchObject({ address: 'localhost:7233', namespace: 'default' });
});

it('reads the profile that TEMPORAL_PROFILE names, and turns TLS on for an API key', () => {
  const settings = connectionSettings({ TEMPORAL_CONFIG_FILE, TEMPORAL_PROFILE: 'cloud' });
  expect(settings).toMatchObject({
    address: 'cloud.example:7233',
    namespace: 'team.abc',
    options: { apiKey: 'secret', tls: true },
  });
});

it('lets a variable win over the profile', () => {
  const settings = connectionSettings({
    TEMPORAL_CONFIG_FILE,
    TEMPORAL_PROFILE: 'cloud',
    TEMPORAL_ADDRESS: '127.0.0.1:1234',
    TEMPORAL_NAMESPACE: 'mine',
  });
  expect(settings).toMatchObject({ address: '127.0.0.1:1234', namespace: 'mine' });
});

it('treats an empty variable as unset', () => {
  const settings = connectionSettings({ TEMPORAL_CONFIG_FILE, TEMPORAL_ADDRESS: '', TEMPORAL_PROFILE: '' });
  expect(settings.address).toBe('default.example:7233');
});

it.each([
  ['temporal.example', 'temporal.example:7233'],
  ['[::1]', '[::1]:7233'],
  ['[::1]:7300', '[::1]:7300'],
])('completes the address %s to %s', (TEMPORAL_ADDRESS, address) => {
  expect(connectionSettings({ TEMPORAL_CONFIG_FILE, TEMPORAL_ADDRESS }).address).toBe(address);
});

it.each([
  ['a profile that is not there', 'none', /'none' not found/],
  ['a certificate that is not there', 'mutual', /absent\.pem.*Check TEMPORAL_CONFIG_FILE/],
])('names %s', (_, TEMPORAL_PROFILE, message) => {
  const read = (): unknown => connectionSettings({ TEMPORAL_CONFIG_FILE, TEMPORAL_PROFILE });
  expect(read).toThrow(TemporalUnreachable);
  expect(read).toThrow(message);
});

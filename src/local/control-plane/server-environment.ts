/** What our own detached processes need of the environment: where a user's state lies, and many file operations at once. */
export function serverEnvironment(env = process.env): Record<string, string> {
  const kept = ['HOME', 'XDG_RUNTIME_DIR', 'XDG_STATE_HOME', 'TMPDIR', 'PATH'];
  const inherited = kept.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]] as const]));
  // Node's default of 4 threads makes a walk over a slow file system 2.5 times slower.
  return { ...Object.fromEntries(inherited), UV_THREADPOOL_SIZE: '64' };
}

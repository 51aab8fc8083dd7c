// The threads of the process, as the kernel counts their time.

const asSeconds = s => s.toLocaleString('en', {minimumFractionDigits: 2, maximumFractionDigits: 2}) + ' s';
const words = {R: 'running', S: 'waiting', D: 'disk', T: 'stopped', t: 'traced', Z: 'ended'};
let before = {threads: [], at: 0};

// Shares are of the time since the answer before.
function showLedger(ledger) {
  by('ledger').hidden = !ledger;
  if (!ledger) return;
  const known = new Map(before.threads.map(t => [t.tid, t]));
  const rows = ledger.threads.map(t => {
    const old = known.get(t.tid) || {life: 0, cpu: 0, runnable: 0};
    const life = t.life - old.life;
    const cpu = Math.max(0, t.cpu - old.cpu), runnable = Math.max(0, t.runnable - old.runnable);
    return {...t, cpuNow: cpu, runnableNow: runnable, offNow: Math.max(0, life - cpu - runnable),
      lifeNow: Math.max(life, cpu + runnable)};
  }).sort((a, b) => b.cpuNow - a.cpuNow || b.cpu - a.cpu);
  const body = by('ledger').querySelector('tbody');
  body.textContent = '';
  for (const t of rows.slice(0, 30)) {
    const row = body.insertRow();
    for (const text of [t.name, t.tid, words[t.state] || t.state, percent(t.cpuNow, t.lifeNow),
      percent(t.runnableNow, t.lifeNow), percent(t.offNow, t.lifeNow), asSeconds(t.cpu),
      asSeconds(t.runnable), asSeconds(Math.max(0, t.life - t.cpu - t.runnable)), asSeconds(t.life)]) {
      row.insertCell().textContent = text;
    }
  }
  by('shares').textContent = before.at ? 'share of the last seconds' : 'share of its life';
  const more = ledger.count - Math.min(rows.length, 30);
  const waits = Object.entries(ledger.waits || {}).sort((a, b) => b[1] - a[1])
    .map(([name, s]) => `${name} ${asSeconds(s)}`).join(', ');
  by('waited').textContent = (more > 0 ? `${more} more threads. ` : '') +
    (!ledger.waits ? 'What they waited for: record wall; PROFILER_MODE=wall shows it here too.'
      : waits ? `Waits that are over, each until its thread ran again: ${waits}.` : 'No wait is over yet.');
  before = {threads: ledger.threads, at: Date.now()};
}

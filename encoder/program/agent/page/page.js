const by = id => document.getElementById(id);
const state = {facts: null, mode: null, profile: null, type: 0, upside: false, root: null, node: null,
  sort: 'flat', search: ''};

function say(text) {
  by('status').textContent = text;
}

async function loadFacts() {
  const answer = await fetch('?format=json');
  if (!answer.ok) return;
  state.facts = await answer.json();
  showFacts();
}

// The path of a profile, seen from the page. A profile's name may hold any characters: `./` and the
// encoding keep it from being read as a scheme, another path or a query.
function pathOf(name, query) {
  return `./${encodeURIComponent(name)}${query ? '?' + query : ''}`;
}

function link(text, href) {
  const a = document.createElement('a');
  a.textContent = text;
  a.href = href;
  return a;
}

// Rows stay: one that is replaced between a press and its release is not clicked.
function rowOf(mode) {
  const body = by('profiles');
  const there = [...body.rows].find(r => r.dataset.mode === mode.name);
  if (there) return there;
  const row = body.insertRow();
  row.dataset.mode = mode.name;
  row.insertCell();
  const cell = row.insertCell();
  const name = mode.name === 'cpu' ? 'profile' : mode.name;
  cell.append(mode.window ? document.createTextNode(name) : link(name, pathOf(name, 'debug=1')));
  const dot = document.createElement('span');
  dot.className = 'dot';
  dot.textContent = ' ●';
  dot.title = 'records now';
  const about = document.createElement('span');
  about.className = 'about';
  about.textContent = mode.about;
  cell.append(dot, about);
  const buttons = row.insertCell();
  if (!mode.window) buttons.append(button('show', () => show(mode, 0)), ' ');
  if (mode.name !== 'threads') {
    buttons.append(button('record', () => show(mode, Number(by('seconds').value) || 5)));
  }
  return row;
}

function showFacts() {
  const {facts} = state;
  by('program').textContent = facts.pid ? `${facts.program} (${facts.pid})` : 'the process has ended';
  const nav = by('processes');
  nav.textContent = '';
  for (const p of facts.processes.length > 1 ? facts.processes : []) {
    nav.append(link(`${p.program} ${p.pid}`, `/${Number(p.pid)}/debug/pprof/`));
  }
  for (const mode of facts.modes) {
    const row = rowOf(mode);
    row.cells[0].textContent = mode.count === null ? '–' : mode.count.toLocaleString('en');
    row.querySelector('.dot').hidden = !mode.armed;
  }
  showLedger();
  by('command').textContent =
    `go tool pprof -http=: ${location.origin}${location.pathname}profile?seconds=30`;
}

const asSeconds = s => s.toLocaleString('en', {minimumFractionDigits: 2, maximumFractionDigits: 2}) + ' s';
const words = {R: 'running', S: 'waiting', D: 'disk', T: 'stopped', t: 'traced', Z: 'ended'};

// Shares are of the time since the answer before.
function showLedger() {
  const {ledger} = state.facts;
  by('ledger').hidden = !ledger;
  if (!ledger) return;
  const before = new Map((state.ledger ? state.ledger.threads : []).map(t => [t.tid, t]));
  const rows = ledger.threads.map(t => {
    const old = before.get(t.tid) || {life: 0, cpu: 0, runnable: 0};
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
  const more = ledger.count - Math.min(rows.length, 30);
  const waits = Object.entries(ledger.waits || {}).sort((a, b) => b[1] - a[1])
    .map(([name, s]) => `${name} ${asSeconds(s)}`).join(', ');
  by('waits').textContent = (more > 0 ? `${more} more threads. ` : '') +
    (!ledger.waits ? 'What they waited for: record wall; PROFILER_MODE=wall shows it here too.'
      : waits ? `Waits that are over, each until its thread ran again: ${waits}.` : 'No wait is over yet.');
  state.ledger = ledger;
}

function button(text, action) {
  const b = document.createElement('button');
  b.textContent = text;
  b.addEventListener('click', action);
  return b;
}

async function show(mode, seconds) {
  const name = mode.name === 'cpu' ? 'profile' : mode.name;
  const query = seconds > 0 ? `seconds=${seconds}` : '';
  say(seconds > 0 ? `recording ${name} for ${seconds} s …` : `fetching ${name} …`);
  setTimeout(loadFacts, 300);
  try {
    const answer = await fetch(pathOf(name, `${query}&format=json`));
    if (!answer.ok) return say(`${name}: ${await answer.text()}`);
    state.profile = await answer.json();
  } catch (error) {
    return say(`${name}: ${error.message}`);
  }
  state.mode = name;
  by('download').href = pathOf(name, query);
  by('what').textContent = seconds > 0 ? `${name}, ${seconds} s` : name;
  const shown = state.profile.types.findIndex(t => t.type === state.profile.shown);
  state.type = shown < 0 ? state.profile.types.length - 1 : shown;
  showTypes();
  remake();
  by('view').hidden = false;
  say('');
  draw();
}

function showTypes() {
  const box = by('types');
  box.textContent = '';
  state.profile.types.forEach((type, i) => {
    const b = button(type.type, () => { state.type = i; showTypes(); remake(); draw(); });
    b.setAttribute('aria-pressed', i === state.type);
    box.append(b, ' ');
  });
}

function remake() {
  state.root = state.node = makeTree(state.profile, state.type, state.upside);
}

const unit = () => state.profile.types[state.type].unit;

function draw() {
  const {profile, root} = state;
  const notes = profile.comments.filter(c => !c.startsWith('#'));
  by('note').textContent = root.value === 0 ? (notes.join(' · ') || 'nothing was recorded') : notes.join(' · ');
  drawGraph(by('graph'), profile, unit(), root, state.node, state.search,
    node => { state.node = node; draw(); },
    (node, name) => {
      const place = node === root ? '' : profile.places[node.name];
      by('details').textContent = `${name}  ${unitText(node.value, unit())}  ${percent(node.value, root.value)}  ${place}`;
    });
  drawTop();
}

function drawTop() {
  const {rows, total} = makeTable(state.profile, state.type);
  const order = state.sort === 'name' ? (a, b) => a.name.localeCompare(b.name)
    : (a, b) => b[state.sort] - a[state.sort] || b.cum - a.cum;
  const body = by('top').tBodies[0];
  body.textContent = '';
  const wanted = rows.filter(r => !state.search || r.name.toLowerCase().includes(state.search));
  for (const r of wanted.sort(order).slice(0, 200)) {
    const row = body.insertRow();
    for (const text of [unitText(r.flat, unit()), percent(r.flat, total), unitText(r.cum, unit()),
      percent(r.cum, total), r.name]) row.insertCell().textContent = text;
    row.addEventListener('click', () => { by('search').value = r.name; search(r.name); });
  }
}

function search(text) {
  state.search = text.toLowerCase();
  draw();
}

by('search').addEventListener('input', event => search(event.target.value));
by('reset').addEventListener('click', () => { state.node = state.root; draw(); });
by('upside').addEventListener('click', () => {
  state.upside = !state.upside;
  by('upside').setAttribute('aria-pressed', state.upside);
  remake();
  draw();
});
for (const head of by('top').tHead.rows[0].cells) {
  head.addEventListener('click', () => { state.sort = head.dataset.by; drawTop(); });
}
window.addEventListener('resize', () => { if (state.profile) draw(); });
setInterval(() => { if (!document.hidden) loadFacts().catch(() => {}); }, 3000);
loadFacts();

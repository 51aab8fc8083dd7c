// One function of a profile: who calls it, what it calls, and its source lines.

const kMostRelatives = 12;

// Each call counts once in a stack, as go tool pprof -peek counts.
function relativesOf(profile, samples, type, id) {
  const callers = new Map(), callees = new Map();
  for (const sample of samples) {
    const value = sample.v[type];
    if (value === 0) continue;
    const seen = new Set();
    const names = sample.s.map(frame => profile.functions[frame]);
    names.forEach((name, i) => {
      const next = i + 1 < names.length ? names[i + 1] : -1;
      const key = name + ' ' + next;
      if (seen.has(key)) return;
      seen.add(key);
      if (next === id) add(callers, name, value);
      if (name === id && next >= 0) add(callees, next, value);
    });
    if (names[0] === id) add(callers, -1, value);
  }
  return {callers, callees};
}

// By place, "file:line": in the line itself, and with what it calls.
function linesOf(profile, samples, type, id) {
  const lines = new Map();
  const line = place => {
    if (!lines.has(place)) lines.set(place, {flat: 0, cum: 0});
    return lines.get(place);
  };
  for (const sample of samples) {
    const value = sample.v[type];
    if (value === 0) continue;
    const seen = new Set();
    sample.s.forEach((frame, i) => {
      const place = profile.places[frame];
      if (profile.functions[frame] !== id || !place) return;
      if (!seen.has(place)) line(place).cum += value;
      seen.add(place);
      if (i === sample.s.length - 1) line(place).flat += value;
    });
  }
  return lines;
}

function fillRelatives(body, profile, relatives, total, unit, onPick) {
  body.textContent = '';
  const rows = [...relatives].sort((a, b) => b[1] - a[1]).slice(0, kMostRelatives);
  for (const [id, value] of rows) {
    const row = body.insertRow();
    const name = id < 0 ? '(the root of the stack)' : profile.names[id];
    for (const text of [unitText(value, unit), percent(value, total), name]) row.insertCell().textContent = text;
    if (id >= 0) row.addEventListener('click', () => onPick(name));
  }
  if (rows.length > 0) return;
  const row = body.insertRow();
  for (const text of ['', '', 'none']) row.insertCell().textContent = text;
}

// The lines of a file around those that have a figure; without its source those alone.
function textOfLines(places, sources) {
  const files = new Map();
  for (const [place, value] of places) {
    const at = place.lastIndexOf(':');
    const file = place.slice(0, at), number = Number(place.slice(at + 1));
    if (!files.has(file)) files.set(file, new Map());
    if (number > 0) files.get(file).set(number, {...value, text: ''});
  }
  for (const [file, lines] of files) {
    const wanted = [...lines.keys()];
    for (const [number, text] of Object.entries(sources[file] || {})) {
      const n = Number(number);
      if (wanted.some(w => Math.abs(w - n) <= 3)) lines.set(n, {flat: 0, cum: 0, ...lines.get(n), text});
    }
  }
  return files;
}

function fillLines(body, places, sources, unit) {
  body.textContent = '';
  for (const [file, lines] of textOfLines(places, sources)) {
    if (!file) continue;
    const head = body.insertRow().insertCell();
    head.colSpan = 4;
    head.textContent = sources[file] ? file : `${file} (its source was not at hand)`;
    head.className = 'file';
    let last = 0;
    for (const [number, line] of [...lines].sort((a, b) => a[0] - b[0])) {
      const row = body.insertRow();
      if (last > 0 && number > last + 1) row.className = 'gap';
      last = number;
      for (const text of [line.flat ? unitText(line.flat, unit) : '', line.cum ? unitText(line.cum, unit) : '',
        number, line.text]) row.insertCell().textContent = text;
    }
  }
}

// Hidden where no such function has samples.
function showFunction(profile, samples, type, sources, name, onPick) {
  const id = profile.functions[profile.names.indexOf(name)];
  by('function').hidden = !name || id === undefined;
  if (by('function').hidden) return;
  const unit = profile.types[type].unit;
  const total = samples.reduce((sum, s) => sum + s.v[type], 0);
  const {callers, callees} = relativesOf(profile, samples, type, id);
  by('picked').textContent = samples.length > 0 && samples[0].b ? `${name} (of the new side)` : name;
  fillRelatives(by('callers').tBodies[0], profile, callers, total, unit, onPick);
  fillRelatives(by('callees').tBodies[0], profile, callees, total, unit, onPick);
  fillLines(by('lines').tBodies[0], linesOf(profile, samples, type, id), sources, unit);
}

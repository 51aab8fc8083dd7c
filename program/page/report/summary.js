// What the report is of, and the totals of its profiles.

function rowOf(body, cells) {
  const row = body.insertRow();
  for (const text of cells) row.insertCell().textContent = text;
  return row;
}

function showFacts(facts) {
  by('facts').textContent = '';
  for (const [name, value] of facts) {
    const term = document.createElement('dt'), text = document.createElement('dd');
    term.textContent = name;
    text.textContent = value;
    by('facts').append(term, text);
  }
}

const errorText = total => total.exact ? 'exact' : total.error > 0 && total.value > 0
  ? `± ${(200 * total.error / total.value).toFixed(1)} %` : 'measured';

function showTotals(profiles, onTab) {
  const body = by('totals').tBodies[0];
  body.textContent = '';
  for (const profile of profiles) {
    profile.types.forEach((type, i) => {
      const total = profile.totals[i];
      const row = rowOf(body, [i === 0 ? profile.mode : '', type.type, unitText(total.value, type.unit), errorText(total)]);
      row.addEventListener('click', () => onTab(profile.mode, type.type));
    });
  }
}

// Comments that begin with `# ` are facts of the file, the others are warnings.
function showComments(box, comments) {
  box.textContent = comments.map(line => line.replace(/^# /, '')).join('\n');
  box.parentElement.hidden = comments.length === 0;
}

function showGates(gates) {
  const body = by('gates').tBodies[0];
  by('gates').hidden = gates.length === 0;
  body.textContent = '';
  for (const gate of gates) rowOf(body, [gate.result, gate.gate, gate.why]).className = gate.result === 'failed' ? 'more' : '';
}

// The thread time report of a wall profile: {states: [...], threads: [{name, seconds: [...], life}]}.
function timesOf(comments) {
  const head = comments.map(line => /^# seconds by state: (.+) = life$/.exec(line)).find(match => match);
  if (!head) return null;
  const states = head[1].split(' ');
  const threads = comments.map(line => /^# (.+): ([0-9. ]+) = ([0-9.]+)$/.exec(line)).filter(match => match)
    .map(([, name, seconds, life]) => ({name, seconds: seconds.split(' ').map(Number), life: Number(life)}))
    .filter(thread => thread.seconds.length === states.length);
  return {states, threads: threads.sort((a, b) => b.life - a.life)};
}

function showTimes(table, times) {
  table.hidden = !times;
  if (!times) return;
  table.tHead.textContent = table.tBodies[0].textContent = '';
  const head = table.tHead.insertRow();
  for (const text of ['thread', ...times.states, 'in all']) {
    head.append(document.createElement('th'));
    head.lastChild.textContent = text;
  }
  const text = seconds => seconds === 0 ? '' : unitText(Math.round(seconds * 1e9), 'nanoseconds');
  for (const thread of times.threads.slice(0, 100)) {
    rowOf(table.tBodies[0], [thread.name, ...thread.seconds.map(text), text(thread.life)]);
  }
}

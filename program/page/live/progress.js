// What is under way and what went wrong, in a line that stays in sight.

let clock = 0;

function say(text, isError) {
  clearInterval(clock);
  by('said').textContent = text;
  by('status').className = isError ? 'error' : '';
  by('status').hidden = !text;
  by('progress').hidden = by('cancel').hidden = true;
}

// Until say() is called.
function sayRecording(name, seconds, cancel) {
  const begun = Date.now();
  const tick = () => {
    const left = Math.ceil(seconds - (Date.now() - begun) / 1000);
    by('said').textContent = left > 0 ? `recording ${name}: ${left} s left` : `${name}: waiting for the answer …`;
    by('progress').value = Math.min(seconds, (Date.now() - begun) / 1000);
  };
  say(' ');
  by('progress').max = seconds;
  by('progress').hidden = by('cancel').hidden = false;
  by('cancel').onclick = cancel;
  tick();
  clock = setInterval(tick, 200);
}

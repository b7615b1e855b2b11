// The page's only script. It keeps no state of a sale: it sends forms, shows what the server pushes, maps keys to buttons.
'use strict';

(() => {
  // The server beats every 2 s; a page that hears nothing this long takes the till for gone.
  const SILENCE_MAX_MS = 5500;
  const REOPEN_MS = 700;
  const LIVE_MS = 600;
  const SEARCH_PAUSE_MS = 90;
  // A notice can be read before what it was about may end it.
  const NOTICE_MIN_MS = 4000;

  const body = document.body;
  const byId = (id) => document.getElementById(id);
  let chosenLine = null;

  // --- Link: one event stream, opened again whenever the browser has given it up -------------------------------------

  let source = null;
  let heardAt = Date.now();

  function setLink(state) {
    if (body.dataset.link !== state) body.dataset.link = state;
    lock();
  }

  // While the till is away nothing can be pressed; what was off before stays off.
  function lock() {
    const down = body.dataset.link === 'down';
    for (const button of document.querySelectorAll('button[data-act], button[data-open]')) {
      if (button.dataset.close) continue;
      if (down && !button.disabled) {
        button.disabled = true;
        button.dataset.locked = '';
      } else if (!down && 'locked' in button.dataset) {
        button.disabled = false;
        delete button.dataset.locked;
      }
    }
  }

  function open() {
    if (source) source.close();
    source = new EventSource('/events?page=' + encodeURIComponent(body.dataset.page));
    heardAt = Date.now();
    const on = (name, act) => source.addEventListener(name, (event) => { heardAt = Date.now(); act(event.data); });
    on('beat', () => {});
    on('build', (build) => { if (build !== body.dataset.build) location.reload(); });
    on('up', () => {
      const waited = body.dataset.page === 'signin' && !byId('pin');
      setLink('up');
      if (waited) location.reload();
    });
    on('down', () => setLink('down'));
    on('signin', () => location.assign('/signin'));
    on('go', (to) => location.assign(to));
    on('patch', patch);
    source.onerror = () => setLink('down');
  }

  // An EventSource that got an error answer is CLOSED for ever; one whose server hangs never says so.
  setInterval(() => {
    endNotice();
    if (document.hidden) return;
    const silent = Date.now() - heardAt > SILENCE_MAX_MS;
    if (silent) setLink('down');
    if (silent || !source || source.readyState === EventSource.CLOSED) open();
  }, REOPEN_MS);

  // A browser keeps six connections to one host: hidden pages give theirs back.
  document.addEventListener('visibilitychange', () => {
    if (!document.hidden) return open();
    source?.close();
    source = null;
  });

  // --- Patches: whole regions, with the focus and what must not flicker kept -----------------------------------------

  function patch(html) {
    const fresh = document.createElement('template');
    fresh.innerHTML = html;
    for (const region of [...fresh.content.children]) {
      const old = byId(region.id);
      if (!old) continue;
      const focus = old.contains(document.activeElement) ? document.activeElement.id : '';
      const before = lineTexts(old);
      const refused = refusedScans(old);
      for (const kept of old.querySelectorAll('[data-keep]')) {
        const twin = region.querySelector('#' + CSS.escape(kept.id));
        if (twin && twin.getAttribute('src') === (kept.dataset.src || kept.getAttribute('src'))) twin.replaceWith(kept);
      }
      const scrolled = old.scrollTop;
      old.replaceWith(region);
      region.scrollTop = scrolled;
      if (before) markChanged(region, before);
      if (refusedScans(region).some((text) => !refused.includes(text))) alarm();
      const again = focus && byId(focus);
      if (again && !again.disabled) again.focus({ preventScroll: true });
    }
    setLink(body.dataset.link);
    look();
  }

  // --- What was not taken is heard, too --------------------------------------------------------------------------------

  const refusedScans = (region) => [...region.querySelectorAll('[data-alarm] [data-reason]')].map((told) => told.textContent);

  let audio = null;

  // Two low tones: no handheld sounds like it. A browser without sound shows the refusal all the same.
  function alarm() {
    body.dataset.alarms = Number(body.dataset.alarms || 0) + 1;
    if (!window.AudioContext) return;
    audio ||= new AudioContext();
    for (const [after, hertz] of [[0, 330], [0.18, 220]]) {
      const tone = new OscillatorNode(audio, { type: 'square', frequency: hertz });
      tone.connect(new GainNode(audio, { gain: 0.15 })).connect(audio.destination);
      tone.start(audio.currentTime + after);
      tone.stop(audio.currentTime + after + 0.15);
    }
  }

  // --- Notices: gone when the sale, its basket or the devices that they were about have changed ------------------------

  let told = { about: '', at: 0 };

  function about() {
    const stage = byId('stage')?.dataset || {};
    const devices = [...document.querySelectorAll('#bar [data-device]')].map((device) => device.textContent);
    return [stage.sale, stage.state, stage.basket, ...devices].join('|');
  }

  function endNotice() {
    const notice = byId('notice');
    if (!notice?.firstChild || Date.now() - told.at < NOTICE_MIN_MS) return;
    if (about() !== told.about) notice.replaceChildren();
  }

  function lineTexts(region) {
    const lines = region.querySelectorAll('[data-line]');
    return region.id === 'stage' ? new Map([...lines].map((line) => [line.id, line.textContent])) : null;
  }

  // The line that was just scanned or changed is chosen and in view.
  function markChanged(region, before) {
    const lines = [...region.querySelectorAll('[data-line]')];
    const changed = lines.find((line) => before.get(line.id) !== line.textContent);
    if (changed) chosenLine = changed.id;
    if (changed && before.size) changed.classList.add('just-changed');
    choose(lines, changed);
  }

  function choose(lines, show) {
    if (!lines.length) return;
    const chosen = lines.find((line) => line.id === chosenLine) || lines[0];
    chosenLine = chosen.id;
    for (const line of lines) line.classList.toggle('chosen', line === chosen);
    if (show) chosen.scrollIntoView({ block: 'nearest' });
  }

  // --- Live picture ----------------------------------------------------------------------------------------------------

  let looking = false;

  function look() {
    const live = byId('live');
    if (!live || looking) return;
    if (live.complete && !live.naturalWidth) live.classList.add('blind');
    looking = true;
    const path = live.dataset.live;
    const next = new Image();
    const again = () => setTimeout(() => { looking = false; look(); }, LIVE_MS);
    next.onload = () => {
      const now = byId('live');
      if (now) {
        now.dataset.src = path;
        now.src = next.src;
        now.classList.remove('blind');
      }
      again();
    };
    next.onerror = () => { byId('live')?.classList.add('blind'); again(); };
    next.src = path + '?at=' + Date.now();
  }

  // --- Forms -----------------------------------------------------------------------------------------------------------

  document.addEventListener('submit', (event) => {
    const form = event.target;
    if (!form.matches('form[data-post]')) return;
    event.preventDefault();
    if (body.dataset.link === 'down' && body.dataset.page !== 'signin') return;
    send(form, event.submitter);
  });

  // The browser's own bubbles speak its language, not the page's.
  document.addEventListener('invalid', (event) => {
    event.preventDefault();
    const field = event.target;
    const why = byId(field.id + '-why') || document.createElement('span');
    Object.assign(why, { id: field.id + '-why', className: 'why', role: 'alert' });
    why.textContent = field.dataset.wrong || body.dataset.wrong;
    field.after(why);
    Object.assign(field, { ariaInvalid: 'true', ariaDescription: why.textContent });
    if (field === field.form.querySelector(':invalid:not(fieldset)')) field.focus();
  }, true);

  function nowRight(field) {
    if (!field.validity?.valid || !field.hasAttribute('aria-invalid')) return;
    byId(field.id + '-why')?.remove();
    Object.assign(field, { ariaInvalid: null, ariaDescription: null });
  }

  // One press at a time: the form is busy until its answer is there.
  async function send(form, submitter) {
    if (form.dataset.busy) return;
    form.dataset.busy = '1';
    const data = new URLSearchParams(new FormData(form, submitter));
    // Looked up now: a search that ends late replaces the form before its answer is there.
    const dialog = form.closest('dialog');
    submitter?.setAttribute('aria-busy', 'true');
    try {
      const answer = await fetch(form.action, { method: 'POST', headers: { 'X-Chit': '1' }, body: data });
      await take(answer, form, dialog);
    } catch {
      setLink('down');
    } finally {
      delete form.dataset.busy;
      submitter?.removeAttribute('aria-busy');
    }
  }

  async function take(answer, form, dialog) {
    const go = answer.headers.get('X-Chit-Go');
    if (go) return void (go === '.' ? location.reload() : location.assign(go));
    const into = answer.headers.get('X-Chit-Into');
    const notice = byId('notice');
    notice.replaceChildren();
    if (answer.ok && !into) {
      dialog?.close();
      return;
    }
    const place = byId(into || 'notice') || notice;
    if (place.id !== dialog?.id) dialog?.close();
    place.innerHTML = await answer.text();
    told = { about: about(), at: Date.now() };
    if (place.id === 'ask' && !place.open) place.showModal();
    const pin = place.querySelector('input[autofocus]') || form.querySelector('input[type=password]');
    if (pin) {
      pin.value = '';
      pin.focus();
    }
  }

  // --- Dialogs, keypads, search -------------------------------------------------------------------------------------

  document.addEventListener('click', (event) => {
    const button = event.target.closest('button');
    if (!button) {
      const line = event.target.closest('[data-line]');
      if (line) { chosenLine = line.id; choose([...document.querySelectorAll('[data-line]')]); }
      return;
    }
    if (button.dataset.open) openDialog(button);
    if (button.dataset.close) closeNamed(button.dataset.close);
    if (button.dataset.type) type(button);
    if (button.dataset.print) print(button.dataset.print);
    if (button.dataset.lineAction) document.querySelector('.chosen [data-line-key=' + button.dataset.lineAction + ']')?.click();
  });

  function openDialog(button) {
    const dialog = byId(button.dataset.open);
    if (!dialog || dialog.open) return;
    for (const [name, value] of Object.entries(button.dataset)) {
      if (!name.startsWith('set')) continue;
      const field = dialog.querySelector('[name="' + name[3].toLowerCase() + name.slice(4) + '"]');
      if (field) field.value = value;
    }
    dialog.showModal();
    const first = dialog.querySelector('[autofocus]');
    first?.focus();
    first?.select?.();
    if (first?.value) first.dataset.fresh = '';
    if (dialog.querySelector('[data-search]')) search();
  }

  // The style sheet shows nothing else on paper.
  function print(id) {
    const part = byId(id);
    part?.classList.add('on-paper');
    window.print();
    part?.classList.remove('on-paper');
  }

  function closeNamed(id) {
    const place = byId(id);
    if (place instanceof HTMLDialogElement) place.close();
    else place?.replaceChildren();
  }

  // The first digit replaces the value that the dialog came with, as typing over a selection does.
  function type(button) {
    const input = byId(button.dataset.into);
    if (!input) return;
    const key = button.dataset.type;
    if (key === 'clear') input.value = '';
    else if (key === 'back') input.value = input.value.slice(0, -1);
    else if (input.maxLength < 0 || input.value.length < input.maxLength) {
      input.value = ('fresh' in input.dataset ? '' : input.value) + key;
    }
    delete input.dataset.fresh;
    nowRight(input);
    if (input.setSelectionRange) input.setSelectionRange(input.value.length, input.value.length);
  }

  // Two people type two PINs on one keypad.
  document.addEventListener('focusin', (event) => {
    if (!event.target.matches('#ask .pin-input')) return;
    for (const key of document.querySelectorAll('#ask [data-type]')) key.dataset.into = event.target.id;
  });

  let searchTimer = 0;

  async function search() {
    const input = document.querySelector('[data-search]');
    const answer = await fetch(input.dataset.search + '?q=' + encodeURIComponent(input.value));
    byId('found').innerHTML = await answer.text();
  }

  document.addEventListener('input', (event) => {
    delete event.target.dataset.fresh;
    nowRight(event.target);
    if (!event.target.matches('[data-search]')) return;
    clearTimeout(searchTimer);
    searchTimer = setTimeout(search, SEARCH_PAUSE_MS);
  });

  // --- Keys -----------------------------------------------------------------------------------------------------------

  const isText = (element) => element.matches('input:not([type=radio]), textarea, select');

  document.addEventListener('keydown', async (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const target = event.target;
    if (target.matches?.('[data-search]') && event.key === 'Enter') {
      event.preventDefault();
      clearTimeout(searchTimer);
      await search();
      return void byId('act-add-0')?.click();
    }
    if (target.matches?.('[data-search]') && event.key === 'ArrowDown') {
      event.preventDefault();
      return void byId('act-add-0')?.focus();
    }
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') return void arrow(event);
    // A search field takes Escape for itself and would keep its dialog open.
    if (event.key === 'Escape') return void document.querySelector('dialog[open]')?.close();
    const letter = event.key.length === 1;
    if (letter && isText(target)) return;
    const key = letter ? event.key.toLowerCase() : event.key;
    const scope = document.querySelector('dialog[open]') || document;
    const twin = [...scope.querySelectorAll('[data-key="' + CSS.escape(key) + '"]')].find(isShown);
    if (!twin && !/^F([1-4]|8|9)$/.test(key)) return;
    event.preventDefault();
    // A key that is held down is one press.
    if (!twin || event.repeat) return;
    if (twin.matches('input')) twin.select();
    else if (!twin.disabled) twin.click();
  });

  const isShown = (element) => element.getClientRects().length > 0
    && (element.closest('dialog[open]') || !element.closest('dialog'));

  function arrow(event) {
    const found = event.target.closest?.('.found');
    const items = found ? [...found.querySelectorAll('button')] : [];
    const step = event.key === 'ArrowDown' ? 1 : -1;
    if (items.length) {
      event.preventDefault();
      return void items[items.indexOf(event.target) + step]?.focus();
    }
    const lines = [...document.querySelectorAll('[data-line]')];
    if (!lines.length || isText(event.target) || document.querySelector('dialog[open]')) return;
    event.preventDefault();
    const at = lines.findIndex((line) => line.id === chosenLine);
    chosenLine = lines[Math.min(Math.max(at + step, 0), lines.length - 1)].id;
    choose(lines, true);
  }

  // --- Start ----------------------------------------------------------------------------------------------------------

  // A page out of the browser's memory shows an old sale until the stream has spoken.
  addEventListener('pageshow', (event) => { if (event.persisted) location.reload(); });
  addEventListener('pagehide', () => source?.close());
  choose([...document.querySelectorAll('[data-line]')]);
  lock();
  open();
  look();
})();

// The desk's only script: sends forms, shows what the server pushes, keeps the camera's picture fresh.
'use strict';

(() => {
  const SILENCE_MAX_MS = 5000;
  const REOPEN_MS = 700;
  const CAMERA_MS = 600;

  const body = document.body;
  const lang = document.documentElement.lang;
  const byId = (id) => document.getElementById(id);
  const withLang = (path) => path + '?lang=' + encodeURIComponent(lang);

  // An EventSource that got an error answer is CLOSED for ever; one whose server hangs never says so.
  let source = null;
  let heardAt = 0;

  function open() {
    source?.close();
    source = new EventSource(withLang('/events'));
    heardAt = Date.now();
    const heard = () => { heardAt = Date.now(); body.dataset.link = 'up'; };
    source.addEventListener('beat', heard);
    source.addEventListener('patch', (event) => { heard(); patch(event.data); });
    source.onerror = () => { body.dataset.link = 'down'; };
  }

  setInterval(() => {
    if (document.hidden) return;
    const silent = Date.now() - heardAt > SILENCE_MAX_MS;
    if (silent) body.dataset.link = 'down';
    if (silent || !source || source.readyState === EventSource.CLOSED) open();
  }, REOPEN_MS);

  // A browser keeps six connections to one host: hidden pages give theirs back.
  document.addEventListener('visibilitychange', () => {
    if (!document.hidden) return void open();
    source?.close();
    source = null;
  });

  function patch(html) {
    const fresh = document.createElement('template');
    fresh.innerHTML = html;
    for (const region of [...fresh.content.children]) {
      const old = byId(region.id);
      if (!old) continue;
      const focus = old.contains(document.activeElement) ? document.activeElement.id : '';
      for (const kept of old.querySelectorAll('[data-keep]')) {
        const twin = region.querySelector('#' + CSS.escape(kept.id));
        if (twin && twin.getAttribute('src') === kept.getAttribute('src')) twin.replaceWith(kept);
      }
      const scrolled = old.scrollTop;
      old.replaceWith(region);
      region.scrollTop = region.id === 'thread' ? region.scrollHeight : scrolled;
      if (focus) byId(focus)?.focus({ preventScroll: true });
    }
  }

  document.addEventListener('submit', async (event) => {
    const form = event.target;
    if (!form.matches('form[data-post]')) return;
    event.preventDefault();
    if (form.dataset.busy) return;
    form.dataset.busy = '1';
    const button = event.submitter;
    button?.setAttribute('aria-busy', 'true');
    try {
      const answer = await fetch(withLang(form.getAttribute('action')), {
        method: 'POST', headers: { 'X-Chit': '1' }, body: new URLSearchParams(new FormData(form)),
      });
      byId('notice').innerHTML = answer.ok ? '' : await answer.text();
      if (answer.ok && 'clear' in form.dataset) form.reset();
      if (answer.ok && 'fold' in form.dataset) { form.reset(); form.closest('details').open = false; }
    } catch {
      body.dataset.link = 'down';
    } finally {
      delete form.dataset.busy;
      button?.removeAttribute('aria-busy');
    }
  });

  document.addEventListener('click', (event) => {
    const button = event.target.closest('button');
    if (!button) return;
    if (button.dataset.open) {
      byId('card-picture').src = button.dataset.picture;
      byId(button.dataset.open).showModal();
    }
    if (button.dataset.close) {
      const place = byId(button.dataset.close);
      if (place instanceof HTMLDialogElement) place.close();
      else place.replaceChildren();
    }
  });

  function look() {
    const again = () => setTimeout(look, CAMERA_MS);
    if (document.hidden) return void again();
    const next = new Image();
    next.onload = () => { byId('camera-view').src = next.src; blind(false); again(); };
    next.onerror = () => { blind(true); again(); };
    next.src = '/camera.jpg?at=' + Date.now();
  }

  function blind(is) {
    byId('camera-view').classList.toggle('blind', is);
    byId('camera-blind').hidden = !is;
  }

  // The newest message is the one to answer, whatever size the phone has.
  const newest = () => { const thread = byId('thread'); thread.scrollTop = thread.scrollHeight; };
  addEventListener('resize', newest);
  newest();
  open();
  look();
})();

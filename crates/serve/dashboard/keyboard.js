// Keys: j/k and arrows between rows, / search, Esc back, ? help. Enter is the link's own.
import { go } from './address.js';

function isTyping(target) {
  return target instanceof Element && target.closest('input, select, textarea, dialog[open]') !== null;
}

function move(step) {
  const links = [...document.querySelectorAll('.trend-link')];
  if (links.length === 0) return false;
  const at = links.indexOf(document.activeElement);
  const next = at < 0 ? (step > 0 ? 0 : links.length - 1) : Math.min(Math.max(at + step, 0), links.length - 1);
  links[next].focus({ preventScroll: true });
  links[next].closest('li').scrollIntoView({ block: 'nearest' });
  return true;
}

/** Listens on the whole page; `leave` goes one page up. */
export function bindKeys({ searchField, helpDialog, helpButton, leave }) {
  const help = () => { if (!helpDialog.open) helpDialog.showModal(); };
  helpButton.addEventListener('click', help);
  document.addEventListener('keydown', (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
    const onRow = document.activeElement?.classList.contains('trend-link');
    const actions = {
      j: () => move(1),
      k: () => move(-1),
      ArrowDown: () => onRow && move(1), // elsewhere arrows scroll
      ArrowUp: () => onRow && move(-1),
      '/': () => { searchField.focus(); return true; },
      '?': () => { help(); return true; },
      Escape: () => { const href = leave(); if (href) go(href); return href !== null; },
    };
    if (actions[event.key]?.()) event.preventDefault();
  });
}

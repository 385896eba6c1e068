import { useEffect, useState } from 'preact/hooks';

/** Whether the page is hidden: by another tab, or because the screen is off. */
export function useHidden(): boolean {
  const [hidden, setHidden] = useState(false);
  useEffect(() => {
    const follow = () => setHidden(document.visibilityState === 'hidden');
    document.addEventListener('visibilitychange', follow);
    return () => document.removeEventListener('visibilitychange', follow);
  }, []);
  return hidden;
}

import { SETTINGS_SECTIONS, type SettingsSection } from '@crypho/model';
import type { VNode } from 'preact';
import { useSurroundings } from '../context.ts';
import { ArrowLeft, ChevronRight } from '../icons.ts';
import { PHONE, useMedia } from '../media.ts';
import { Icon } from '../primitives/Icon.tsx';
import { Link } from '../primitives/Link.tsx';
import { Page } from '../primitives/Page.tsx';
import { AppearanceSection, AboutSection, PrivacySection, ProfileSection } from './Sections.tsx';
import { DevicesSection } from './DevicesSection.tsx';
import { SecuritySection } from './SecuritySection.tsx';
import './SettingsView.css';

/** The settings: sections at the side; on a phone a list that leads to them. */
export function SettingsView({ section }: { section?: SettingsSection }): VNode {
  const { t } = useSurroundings().text;
  const shown = section ?? 'profile';
  const isListAlone = useMedia(PHONE) && section === undefined;
  const Title = isListAlone ? 'h1' : 'h2';
  return (
    <div
      class="settings"
      data-front={section === undefined ? 'list' : 'section'}
      {...(isListAlone ? { role: 'main', id: 'main', tabIndex: -1 } : {})}
    >
      <nav class="settings-nav" aria-label={t('settings.sections')}>
        <Title class="settings-nav-title">{t('settings.title')}</Title>
        <ul class="settings-sections">
          {SETTINGS_SECTIONS.map((each) => (
            <li key={each}>
              <Link
                to={{ kind: 'settings', section: each }}
                class="settings-link"
                isCurrent={each === shown}
              >
                {t(`settings.${each}`)}
                <span class="settings-arrow">
                  <Icon of={ChevronRight} size={18} />
                </span>
              </Link>
            </li>
          ))}
        </ul>
      </nav>
      {!isListAlone && (
        <Page
          title={t(`settings.${shown}`)}
          before={
            <Link
              to={{ kind: 'settings' }}
              class="icon-button settings-back"
              label={t('common.back')}
            >
              <Icon of={ArrowLeft} />
            </Link>
          }
        >
          <Section section={shown} />
        </Page>
      )}
    </div>
  );
}

function Section({ section }: { section: SettingsSection }): VNode {
  switch (section) {
    case 'profile':
      return <ProfileSection />;
    case 'devices':
      return <DevicesSection />;
    case 'security':
      return <SecuritySection />;
    case 'privacy':
      return <PrivacySection />;
    case 'appearance':
      return <AppearanceSection />;
    case 'about':
      return <AboutSection />;
  }
}

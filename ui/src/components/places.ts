/** Where one can go; the sidebar and the palette read the same list, without what the role may not see. */
import { BarChart3, Bot, BookOpen, Ban, Key, Phone, PhoneCall, Settings, Wallet, Webhook } from "lucide-react";
import { holds, useSession } from "~/data/session";

const PLACES = [
  { to: "/", label: "Overview", icon: BarChart3, needs: "calls:read" },
  { to: "/calls", label: "Calls", icon: PhoneCall, needs: "calls:read" },
  { to: "/agents", label: "Agents", icon: Bot, needs: "agents:read" },
  { to: "/reference", label: "API reference", icon: BookOpen, needs: null },
  { to: "/keys", label: "API keys", icon: Key, needs: "keys:read" },
  { to: "/webhooks", label: "Webhooks", icon: Webhook, needs: "webhooks:read" },
  { to: "/people", label: "Contacts & blocks", icon: Ban, needs: "suppressions:read" },
  { to: "/telephony", label: "Numbers & trunks", icon: Phone, needs: "telephony:read" },
  { to: "/wallet", label: "Wallet", icon: Wallet, needs: "wallet:read" },
  { to: "/settings", label: "Settings", icon: Settings, needs: null },
] as const;

export function usePlaces() {
  const session = useSession();
  return PLACES.filter(({ needs }) => !needs || holds(session, needs));
}

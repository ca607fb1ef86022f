/** Where one can go; the sidebar and the palette read the same list. */
import { BarChart3, Bot, BookOpen, Ban, Key, Phone, PhoneCall, Settings, Wallet, Webhook } from "lucide-react";

export const PLACES = [
  { to: "/", label: "Overview", icon: BarChart3 },
  { to: "/calls", label: "Calls", icon: PhoneCall },
  { to: "/agents", label: "Agents", icon: Bot },
  { to: "/reference", label: "API reference", icon: BookOpen },
  { to: "/keys", label: "API keys", icon: Key },
  { to: "/webhooks", label: "Webhooks", icon: Webhook },
  { to: "/people", label: "Contacts & blocks", icon: Ban },
  { to: "/telephony", label: "Numbers & trunks", icon: Phone },
  { to: "/wallet", label: "Wallet", icon: Wallet },
  { to: "/settings", label: "Settings", icon: Settings },
] as const;
